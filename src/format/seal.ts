import { InvalidInput } from '../model/errors.ts';
import type { Session, SessionKill } from '../model/session.ts';
import { sessionStatuses } from '../model/session.ts';
import { decodeTuple, encodeMap } from './file-tuple.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { StoredMap, writeTime, writeTimeOrNull } from './stored-map.ts';

/** What a sealed recording can be. */
export const sealStates = ['COMPLETE', 'PARTIAL', 'CORRUPT'] as const;

const HASH_SIZE = 32;
const SIGNATURE_SIZE = 64;
/** The bytes c4 40 before the signature. */
const SIGNATURE_HEAD_SIZE = 2;
/** `[0, "seal", ` as msgpack, before the map. */
const HEAD = Uint8Array.of(0x94, 0x00, 0xa4, 0x73, 0x65, 0x61, 0x6c);
/** What is signed begins with this, so that the signature can stand for nothing else. */
const PURPOSE = new TextEncoder().encode('reeltime seal 1\0');

/** What the seal says, and its signature stands for. Times are milliseconds since the epoch. */
export type SealFields = {
  /** The chain hash after the last chunk; the SHA-256 of the header's frame when there is none. 32 bytes. */
  readonly headHash: Uint8Array;
  readonly eventCount: number;
  readonly chunkCount: number;
  /** Bytes of the chunks' msgpack. */
  readonly rawSize: number;
  readonly durationMs: number;
  readonly state: (typeof sealStates)[number];
  readonly stateReason: string | null;
  readonly sealedAtMs: number;
  readonly endedAtMs: number | null;
  readonly endReason: string | null;
  readonly kill: SessionKill | null;
  /** The session as it was then. */
  readonly session: Pick<Session, 'status' | 'lastSeenAtMs' | 'attemptCount'>;
  /** First 16 hex digits of the SHA-256 of the public key. */
  readonly keyId: string;
};

/** What a seal says of its session, as it was then. */
export type SealedSession = Pick<SealFields, 'endedAtMs' | 'endReason' | 'kill'> & SealFields['session'];

export const sealedSessionOf = ({ endedAtMs, endReason, kill, session }: SealFields): SealedSession => ({
  endedAtMs,
  endReason,
  kill,
  ...session,
});

export type Seal = {
  readonly fields: SealFields;
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array;
  /** What the signature must be over. Whether it is, the caller finds out. */
  readonly signedBytes: Uint8Array;
};

const signedBytesOf = (map: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(PURPOSE.length + map.length);
  bytes.set(PURPOSE);
  bytes.set(map, PURPOSE.length);
  return bytes;
};

/**
 * Msgpack `[0, "seal", {…}, signature]`, which the caller compresses into the file's last zstd frame.
 * @param sign makes the Ed25519 signature, 64 bytes
 */
export const encodeSeal = (fields: SealFields, sign: (message: Uint8Array) => Uint8Array): Uint8Array => {
  const map = encodeMap(mapOf(fields), 'seal');
  const signature = sign(signedBytesOf(map));
  if (signature.length !== SIGNATURE_SIZE) {
    throw new RangeError(`a signature has ${SIGNATURE_SIZE} bytes, got ${signature.length}`);
  }
  const writer = new MsgpackWriter(HEAD.length + map.length + 80);
  writer.raw(HEAD);
  writer.raw(map);
  writer.binary(signature);
  return writer.finish();
};

const mapOf = (fields: SealFields): Readonly<Record<string, unknown>> => ({
  headHash: fields.headHash,
  eventCount: fields.eventCount,
  chunkCount: fields.chunkCount,
  rawSize: fields.rawSize,
  durationMs: fields.durationMs,
  state: fields.state,
  stateReason: fields.stateReason,
  sealedAt: writeTime(fields.sealedAtMs),
  endedAt: writeTimeOrNull(fields.endedAtMs),
  endReason: fields.endReason,
  kill: fields.kill === null ? null : killMapOf(fields.kill),
  session: {
    status: fields.session.status,
    lastSeenAt: writeTime(fields.session.lastSeenAtMs),
    attemptCount: fields.session.attemptCount,
  },
  keyId: fields.keyId,
});

const killMapOf = (kill: SessionKill): Readonly<Record<string, unknown>> => ({
  requestedAt: writeTime(kill.requestedAtMs),
  requestedBy: kill.requestedBy,
  reason: kill.reason,
  confirmedAt: writeTimeOrNull(kill.confirmedAtMs),
});

/** The seal that the bytes are, or null when they are none. The signature is not checked. */
export const decodeSeal = (raw: Uint8Array): Seal | null => {
  if (!HEAD.every((byte, at) => raw[at] === byte)) return null;
  try {
    const [, , map, signature] = decodeTuple(raw, 'seal', 4);
    if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_SIZE) return null;
    const mapEnd = raw.length - SIGNATURE_SIZE - SIGNATURE_HEAD_SIZE;
    // A longer form of the signature's length would move the map's end: the one form that is written is the only one taken.
    if (raw[mapEnd] !== 0xc4) return null;
    return {
      fields: readFields(new StoredMap(map, 'seal')),
      signature: signature.slice(),
      signedBytes: signedBytesOf(raw.subarray(HEAD.length, mapEnd)),
    };
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
};

const readFields = (map: StoredMap): SealFields => {
  const kill = map.mapOrNull('kill');
  const session = map.map('session');
  return {
    headHash: map.bytes('headHash', HASH_SIZE).slice(),
    eventCount: map.wholeNumber('eventCount'),
    chunkCount: map.wholeNumber('chunkCount'),
    rawSize: map.wholeNumber('rawSize'),
    durationMs: map.wholeNumber('durationMs'),
    state: map.oneOf('state', sealStates),
    stateReason: map.textOrNull('stateReason'),
    sealedAtMs: map.time('sealedAt'),
    endedAtMs: map.timeOrNull('endedAt'),
    endReason: map.textOrNull('endReason'),
    kill: kill === null ? null : readKill(kill),
    session: {
      status: session.oneOf('status', sessionStatuses),
      lastSeenAtMs: session.time('lastSeenAt'),
      attemptCount: session.wholeNumber('attemptCount'),
    },
    keyId: map.text('keyId'),
  };
};

const readKill = (kill: StoredMap): SessionKill => ({
  requestedAtMs: kill.time('requestedAt'),
  requestedBy: kill.text('requestedBy'),
  reason: kill.textOrNull('reason'),
  confirmedAtMs: kill.timeOrNull('confirmedAt'),
});
