import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { scanBatch } from '../format/batch.ts';
import { BATCH_BYTES_MAX } from '../model/limits.ts';

/*
 * A segment is a file of frames. A frame: u32 length of the batch, u32 CRC-32 of the batch (both little-endian), the batch:
 * consecutive msgpack events whose first deltaMs counts from the recording's start. A torn or damaged frame ends the segment.
 */

const HEADER_BYTES = 8;

/** A frame that was read. */
export type SpoolFrame = {
  readonly msgpack: Uint8Array;
  readonly eventCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Offset of the frame after it. */
  readonly endOffset: number;
};

const sync = promisify(fdatasync);

const nameOf = (firstEvent: number): string => `${String(firstEvent).padStart(10, '0')}.events`;

/** Ordinal of a segment's first event, by its file name; null when the file is no segment. */
export const firstEventOfName = (name: string): number | null => {
  const digits = /^(\d{10})\.events$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
};

/** One append-only file of a spool. Whoever opens it closes it. */
export class SpoolSegment {
  readonly firstEvent: number;
  /** Bytes that hold. */
  size: number;
  readonly #path: string;
  readonly #fd: number;
  #isDirty = false;
  #isClosed = false;

  private constructor(folder: string, firstEvent: number, flags: string) {
    this.firstEvent = firstEvent;
    this.#path = path.join(folder, nameOf(firstEvent));
    this.#fd = openSync(this.#path, flags, 0o600);
    this.size = fstatSync(this.#fd).size;
  }

  static create(folder: string, firstEvent: number): SpoolSegment {
    return new SpoolSegment(folder, firstEvent, 'wx+');
  }

  static open(folder: string, firstEvent: number): SpoolSegment {
    return new SpoolSegment(folder, firstEvent, 'r+');
  }

  /** @throws what the disk says; then nothing of the batch is in the file */
  append(msgpack: Uint8Array): void {
    const frame = Buffer.allocUnsafe(HEADER_BYTES + msgpack.length);
    frame.writeUInt32LE(msgpack.length, 0);
    frame.writeUInt32LE(crc32(msgpack), 4);
    frame.set(msgpack, HEADER_BYTES);
    try {
      // NOTE on a full disk writeSync returns a short count and does not throw.
      for (let at = 0; at < frame.length;) {
        const written = writeSync(this.#fd, frame, at, frame.length - at, this.size + at);
        if (written === 0) throw new Error('the disk takes nothing more');
        at += written;
      }
    } catch (error) {
      ftruncateSync(this.#fd, this.size);
      throw error;
    }
    this.size += frame.length;
    this.#isDirty = true;
  }

  /** Null at the end, and where a frame is torn or damaged. */
  read(offset: number): SpoolFrame | null {
    if (offset + HEADER_BYTES > this.size) return null;
    const header = this.#bytes(offset, HEADER_BYTES);
    const length = header.readUInt32LE(0);
    const endOffset = offset + HEADER_BYTES + length;
    if (length === 0 || length > BATCH_BYTES_MAX || endOffset > this.size) return null;
    const msgpack = this.#bytes(offset + HEADER_BYTES, length);
    if (crc32(msgpack) !== header.readUInt32LE(4)) return null;
    const { eventCount, firstMs, lastMs } = scanBatch(msgpack);
    return { msgpack, eventCount, firstMs, lastMs, endOffset };
  }

  #bytes(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let at = 0;
    while (at < length) {
      const read = readSync(this.#fd, bytes, at, length - at, offset + at);
      if (read === 0) throw new Error(`${this.#path} has become shorter`);
      at += read;
    }
    return bytes;
  }

  /** Cuts what follows the last frame that holds. */
  cut(size: number): void {
    if (size < this.size) ftruncateSync(this.#fd, size);
    this.size = size;
  }

  /** Resolves when what was appended before is on disk. */
  async sync(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    try {
      await sync(this.#fd);
    } catch (error) {
      if (!this.#isClosed) throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    closeSync(this.#fd);
  }

  /** Closes it, and deletes the file. */
  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }
}
