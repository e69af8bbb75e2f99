import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { encodeChunkHeader } from '../../src/format/chunk-frame.ts';
import type { FileHeader } from '../../src/format/file-header.ts';
import { encodeFileHeader } from '../../src/format/file-header.ts';
import { joinRun } from '../../src/format/run-bytes.ts';
import type { SealFields } from '../../src/format/seal.ts';
import { encodeSeal } from '../../src/format/seal.ts';
import { encodeSeekTable } from '../../src/format/seek-table.ts';
import { parseRecordingId, parseSessionId, parseSocketId } from '../../src/model/parse-id.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { compressFrame, nodeCodecs } from '../../src/store/recordings/node-codecs.ts';

/** The whole recording that FORMAT.md shows: fixed values, and the key of RFC 8032's first test. */
export const tinyEvents: readonly RecordedEvent[] = [
  { timeMs: 500, code: 'o', payload: [new TextEncoder().encode('$ echo €\r\n')] },
  { timeMs: 1234, code: 'r', payload: [100, 30] },
  { timeMs: 71_234, code: 'x', payload: [0, null] },
];

const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const privateKey = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex'),
  format: 'der',
  type: 'pkcs8',
});
export const tinyPublicKey: KeyObject = createPublicKey(privateKey);
/** 32 bytes. */
export const tinyPublicKeyBytes: Buffer = tinyPublicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
export const signTiny = (message: Uint8Array): Uint8Array => sign(null, message, privateKey);

export const tinyHeader: FileHeader = {
  recordingId: parseRecordingId('0193a2b4-7c1e-7d20-8f3a-1b2c3d4e5f60'),
  continues: null,
  kind: 'TERMINAL',
  startedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  columns: 80,
  rows: 24,
  session: {
    sessionId: parseSessionId('93227a7e-8724-4be5-a5c5-2729f615ac50'),
    producer: 'gateway-1',
    protocol: 'SSH',
    upstream: 'ssh',
    startedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    sshUser: 'root',
    authInfo: null,
    labels: { team: 'ops' },
    user: {
      identity: 'ada@example.com',
      email: 'ada@example.com',
      name: 'Ada',
      picture: null,
      sub: null,
      nickname: null,
      isServiceAccount: false,
    },
    socket: { socketId: parseSocketId('432b9498-7762-45b9-8bb7-92f16158ff4a'), name: 'db-1', protocol: 'SSH' },
    client: { ip: '192.0.2.1', port: 62_593, software: null, location: null },
    server: { name: 'db-1.example.com', port: 22 },
  },
};

const sealOf = (headHash: Uint8Array, rawSize: number): SealFields => ({
  headHash,
  eventCount: tinyEvents.length,
  chunkCount: 1,
  rawSize,
  durationMs: 71_234,
  state: 'COMPLETE',
  stateReason: null,
  sealedAtMs: Date.UTC(2026, 0, 2, 3, 5, 20),
  endedAtMs: Date.UTC(2026, 0, 2, 3, 5, 17),
  endReason: null,
  kill: null,
  session: { status: 'ENDED', lastSeenAtMs: Date.UTC(2026, 0, 2, 3, 5, 17), attemptCount: 1 },
  keyId: Buffer.from(nodeCodecs.sha256(tinyPublicKeyBytes)).toString('hex').slice(0, 16),
});

/** What a file is made of: each frame as it is stored, and what zstd frames hold. */
export type TinyParts = {
  readonly headerRaw: Uint8Array;
  readonly headerFrame: Uint8Array;
  readonly chunkHeader: Uint8Array;
  readonly chunkRaw: Uint8Array;
  readonly chunkFrame: Uint8Array;
  readonly sealRaw: Uint8Array;
  readonly sealFrame: Uint8Array;
  readonly seekTable: Uint8Array;
};

/** The file as the program writes it. `frames` are used in the place of newly compressed ones: zstd may change its mind. */
export const writeTiny = async (
  frames: Partial<Pick<TinyParts, 'headerFrame' | 'chunkFrame' | 'sealFrame'>> = {},
): Promise<TinyParts> => {
  const headerRaw = encodeFileHeader(tinyHeader);
  const headerFrame = frames.headerFrame ?? (await compressFrame(headerRaw));
  const chunkRaw = joinRun(0, [{ firstMs: 500, lastMs: 71_234, msgpack: encodeBatch(tinyEvents) }]);
  const chunkFrame = frames.chunkFrame ?? (await compressFrame(chunkRaw));
  const chunk = encodeChunkHeader(nodeCodecs, {
    firstEvent: 0,
    eventCount: tinyEvents.length,
    firstMs: 500,
    lastMs: 71_234,
    storedSize: chunkFrame.length,
    rawSize: chunkRaw.length,
    chainBefore: nodeCodecs.sha256(headerFrame),
    frameHash: nodeCodecs.sha256(chunkFrame),
  });
  const sealRaw = encodeSeal(sealOf(chunk.chainAfter, chunkRaw.length), signTiny);
  const sealFrame = frames.sealFrame ?? (await compressFrame(sealRaw));
  const seekTable = encodeSeekTable([
    { compressedSize: headerFrame.length, decompressedSize: headerRaw.length },
    { compressedSize: chunk.bytes.length, decompressedSize: 0 },
    { compressedSize: chunkFrame.length, decompressedSize: chunkRaw.length },
    { compressedSize: sealFrame.length, decompressedSize: sealRaw.length },
  ]);
  return { headerRaw, headerFrame, chunkHeader: chunk.bytes, chunkRaw, chunkFrame, sealRaw, sealFrame, seekTable };
};
