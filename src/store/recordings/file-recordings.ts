import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { CHUNK_HEADER_SIZE } from '../../format/chunk-frame.ts';
import { encodeSeekTable } from '../../format/seek-table.ts';
import type { RecordingId } from '../../model/ids.ts';
import type { Recording } from '../../model/recording.ts';
import type { SigningKey, UnsealedRecording } from '../catalog/catalog.ts';
import type { ChunkRow } from '../catalog/chunk-row.ts';
import { appendToFile, createFile, isMissing, readWhole, UnexpectedSize } from './append-only-file.ts';
import { readChunkLocator, writeChunkLocator } from './chunk-locator.ts';
import { encodeChunk, type EncodedHeader, encodeHeaderFrame } from './encode-chunk.ts';
import { decompressFrame, nodeCodecs } from './node-codecs.ts';
import { encodeSealFrame } from './seal-frame.ts';
import { listFrames } from './file-frames.ts';
import { recoverFile } from './recover-file.ts';
import {
  type AppendedChunk,
  type AppendedSeal,
  type AppendTarget,
  DamagedChunk,
  MissingRecording,
  type NewChunk,
  type NewSeal,
  type Recordings,
  type Recovered,
  type Verdict,
} from './recordings.ts';
import { verifyFile } from './verify-file.ts';

/** Bytes that a download reads at once. */
const PIECE_BYTES = 256 * 1024;

export type FileRecordingsFolders = {
  /** Holds YYYY/MM/DD/<recordingId>.rec.zst. */
  readonly recordings: string;
  readonly quarantine: string;
};

/** Recordings as files in a folder: format/FORMAT.md says what is in them. */
export class FileRecordings implements Recordings {
  readonly #folders: FileRecordingsFolders;

  constructor(folders: FileRecordingsFolders) {
    this.#folders = folders;
  }

  /** By the day on which it starts, so that no folder grows without end. */
  locate(recordingId: RecordingId, startedAtMs: number): string {
    return `${new Date(startedAtMs).toISOString().slice(0, 10).replaceAll('-', '/')}/${recordingId}.rec.zst`;
  }

  #path(locator: string): string {
    return path.join(this.#folders.recordings, locator);
  }

  async append(target: AppendTarget, chunk: NewChunk): Promise<AppendedChunk> {
    const { locator } = target;
    const head = target.indexedSize === 0 ? await encodeHeaderFrame(target) : null;
    const encoded = await encodeChunk(chunk, chainBefore(target, head));
    await this.#write(target, head, encoded.bytes);
    const frameOffset = (head?.frame.length ?? target.indexedSize) + CHUNK_HEADER_SIZE;
    const { firstEvent, eventCount, firstMs, lastMs } = chunk;
    const { storedSize, frameHash, chainHash } = encoded;
    const row: ChunkRow = {
      firstEvent,
      eventCount,
      firstMs,
      lastMs,
      rawSize: chunk.msgpack.length,
      storedSize,
      locator: writeChunkLocator({ file: locator, frameOffset }),
      frameHash,
      chainHash,
    };
    return { row, indexedSize: frameOffset + storedSize };
  }

  async seal(target: AppendTarget, seal: NewSeal): Promise<AppendedSeal> {
    const { locator, indexedSize } = target;
    const head = indexedSize === 0 ? await encodeHeaderFrame(target) : null;
    const headHash = chainBefore(target, head);
    const frames =
      head === null
        ? await listFrames(this.#path(locator), indexedSize)
        : [{ compressedSize: head.frame.length, decompressedSize: head.rawSize }];
    const { state, stateReason } = frames === null ? damagedState : seal;
    const { frame, rawSize, signature } = await encodeSealFrame(target, { ...seal, state, stateReason }, headHash);
    // Without the sizes of all frames there can be no seek table: what is damaged is sealed as it is.
    const table = frames && encodeSeekTable([...frames, { compressedSize: frame.length, decompressedSize: rawSize }]);
    const tail = Buffer.concat([frame, table ?? new Uint8Array()]);
    await this.#write(target, head, tail);
    return { state, stateReason, indexedSize: (head?.frame.length ?? indexedSize) + tail.length, headHash, signature };
  }

  /** A new file is made whole, in one step, and never in the place of another. */
  async #write(target: AppendTarget, head: EncodedHeader | null, bytes: Uint8Array): Promise<void> {
    const file = this.#path(target.locator);
    if (head === null) return appendToFile(file, target.indexedSize, bytes);
    const size = await this.size(target.locator);
    if (size !== null) throw new UnexpectedSize(file, 0, size);
    return createFile(file, Buffer.concat([head.frame, bytes]));
  }

  async read(chunk: ChunkRow): Promise<Uint8Array> {
    const { file, frameOffset } = readChunkLocator(chunk.locator);
    const frame = Buffer.allocUnsafe(chunk.storedSize);
    try {
      await using handle = await open(this.#path(file), 'r');
      if (!(await readWhole(handle, frame, frameOffset))) {
        throw new DamagedChunk(chunk.firstEvent, 'the file ends before the chunk does');
      }
    } catch (error) {
      if (isMissing(error)) throw new MissingRecording('file is missing', { cause: error });
      throw error;
    }
    if (!nodeCodecs.sha256(frame).every((byte, at) => byte === chunk.frameHash[at])) {
      throw new DamagedChunk(chunk.firstEvent, 'the stored bytes are not the ones that were written (SHA-256)');
    }
    try {
      return await decompressFrame(frame, chunk.rawSize);
    } catch (error) {
      throw new DamagedChunk(chunk.firstEvent, 'the stored frame cannot be decompressed', { cause: error });
    }
  }

  async *stored(locator: string, start: number, end: number): AsyncGenerator<Uint8Array, void, void> {
    if (end <= start) return;
    const stream = createReadStream(this.#path(locator), { start, end: end - 1, highWaterMark: PIECE_BYTES });
    try {
      yield* stream as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (isMissing(error)) throw new MissingRecording('file is missing', { cause: error });
      throw error;
    }
  }

  async size(locator: string): Promise<number | null> {
    try {
      return (await stat(this.#path(locator))).size;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async verify(
    locator: string,
    rows: AsyncIterable<ChunkRow>,
    recording: Recording,
    key: SigningKey,
  ): Promise<Verdict> {
    return verifyFile(this.#path(locator), rows, recording, key);
  }

  async recover(known: UnsealedRecording, key: SigningKey): Promise<Recovered> {
    return recoverFile(this.#path(known.locator), this.#folders.quarantine, known, key);
  }
}

const damagedState = { state: 'CORRUPT', stateReason: 'stored chunks no longer hold what was written' } as const;

/** The chain begins with the hash of the header's frame, so that the header too is vouched for. */
const chainBefore = ({ recording }: AppendTarget, head: EncodedHeader | null): Uint8Array => {
  if (head !== null) return nodeCodecs.sha256(head.frame);
  if (recording.headHash === null) throw new Error('a recording with stored chunks has a chain');
  return recording.headHash;
};
