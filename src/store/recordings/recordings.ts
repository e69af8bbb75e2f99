import type { SealedSession } from '../../format/seal.ts';
import type { Recording } from '../../model/recording.ts';
import type { Session } from '../../model/session.ts';
import type { SigningKey, UnsealedRecording } from '../catalog/catalog.ts';
import type { ChunkRow } from '../catalog/chunk-row.ts';

/**
 * Where the bytes of closed chunks are kept. Append only: stored bytes are evidence and are never rewritten.
 *
 * An implementation
 * - MUST have a chunk on disk (data and size) before `append` resolves;
 * - MUST leave the object as it was when an append or a seal fails, and MUST NOT retry on a descriptor whose sync failed;
 * - MUST check on `read` that the bytes are the ones of the row (SHA-256), and decode within CHUNK_BYTES_MAX;
 * - appends to one recording are called one after the other.
 */
export interface Recordings {
  /** Where a recording's bytes will be: chosen once, at its opening. */
  locate(recordingId: Recording['recordingId'], startedAtMs: number): string;
  /** Makes the object with its header if there is none, and appends one chunk. @throws Unavailable when the disk is full */
  append(target: AppendTarget, chunk: NewChunk): Promise<AppendedChunk>;
  /** Appends the seal and the seek table. */
  seal(target: AppendTarget, seal: NewSeal): Promise<AppendedSeal>;
  /** The chunk's msgpack. @throws DamagedChunk, MissingRecording */
  read(chunk: ChunkRow): Promise<Uint8Array>;
  /** The object as stored, from start (inclusive) to end (exclusive), in pieces of at most 256 KiB. @throws MissingRecording */
  stored(locator: string, start: number, end: number): AsyncIterable<Uint8Array>;
  /** Bytes of the object; null when there is none. */
  size(locator: string): Promise<number | null>;
  /** Reads the whole object and recomputes the chain from the header to the seal. */
  verify(locator: string, rows: AsyncIterable<ChunkRow>, recording: Recording, key: SigningKey): Promise<Verdict>;
  /**
   * What the object holds beyond what the catalog knows: whole valid frames are returned to be adopted, in order, and are on disk by then; bytes
   * after them that are no whole valid frame are moved into quarantine, and told.
   */
  recover(known: UnsealedRecording, key: SigningKey): Promise<Recovered>;
}

/** What the first append needs, to write the header. */
export type AppendTarget = {
  readonly session: Session;
  readonly recording: Recording;
  readonly locator: string;
  /** The object's size as the catalog knows it: where the chunk goes. 0: there is none yet. */
  readonly indexedSize: number;
};

export type NewChunk = {
  readonly firstEvent: number;
  readonly eventCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** `[startMs, "@", firstEvent]`, then the events. At most CHUNK_BYTES_MAX. */
  readonly msgpack: Uint8Array;
};

export type AppendedChunk = { readonly row: ChunkRow; readonly indexedSize: number };

export type NewSeal = {
  readonly key: SigningKey;
  readonly state: 'COMPLETE' | 'PARTIAL' | 'CORRUPT';
  readonly stateReason: string | null;
  readonly sealedAtMs: number;
};

export type AppendedSeal = {
  /** What was asked for, or CORRUPT when the stored chunks turned out not to hold. */
  readonly state: NewSeal['state'];
  readonly stateReason: string | null;
  readonly indexedSize: number;
  readonly headHash: Uint8Array;
  readonly signature: Uint8Array;
};

export type Verdict = {
  /** Whether everything holds, the signature too. False also when the signature cannot be checked. */
  readonly ok: boolean;
  /** Ordinal of the first event of the first chunk that does not hold. */
  readonly badFromEvent: number | null;
  /** The key of the seal, when this installation does not have it: nothing was found that is damaged, and ok is false. */
  readonly unknownKeyId: string | null;
  readonly message: string;
};

/** A seal that was found, and what it says of its session. */
export type FoundSeal = AppendedSeal & {
  readonly sealedAtMs: number;
  readonly keyId: string;
  readonly session: SealedSession;
};

export type Recovered = {
  readonly adopted: readonly AppendedChunk[];
  /** Set when a valid seal was found behind the last chunk. */
  readonly seal: FoundSeal | null;
  /** Set when bytes were set aside: where they are now, and how many. */
  readonly quarantined: { readonly path: string; readonly bytes: number } | null;
  /** Set when the object is missing or shorter than the catalog knows. */
  readonly damage: string | null;
};

/** The stored bytes are not the ones that were written. */
export class DamagedChunk extends Error {
  readonly firstEvent: number;
  constructor(firstEvent: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.firstEvent = firstEvent;
  }
}

/** The object is gone. */
export class MissingRecording extends Error {}
