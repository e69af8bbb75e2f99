import { HeldBytes } from '../asciicast/held-bytes.ts';
import { headerBytes, readHeader, type TtyrecLayout, wrongInHeader } from './ttyrec-layout.ts';

export type TtyrecFrame = {
  /** Microseconds since the epoch, or since whatever the writer counts from. */
  readonly timeUs: number;
  /** 0 output, 1 input; 0 where the layout has no channels. */
  readonly channel: number;
  readonly bytes: Uint8Array;
};

/** Where the frames end before the file does. */
export type BrokenFrame = {
  /** From 1. */
  readonly frame: number;
  readonly reason: string;
  /** From the broken frame's header to the file's end. */
  readonly lostBytes: number;
};

/** Reads frames of bytes that come in arbitrary pieces. It holds one frame at most. */
export class TtyrecReader {
  readonly #layout: TtyrecLayout;
  readonly #held = new HeldBytes();
  /** Bytes that must be held before anything more can be read. */
  #wanted: number;
  #frames = 0;
  #broken: { readonly frame: number; readonly reason: string } | null = null;
  #lostBytes = 0;

  constructor(layout: TtyrecLayout) {
    this.#layout = layout;
    this.#wanted = headerBytes(layout);
  }

  /** Whole frames until now. */
  get frames(): number {
    return this.#frames;
  }

  /** The frames that end in this piece. Nothing is read after a header that cannot be one. */
  push(piece: Uint8Array): readonly TtyrecFrame[] {
    if (this.#broken !== null) {
      this.#lostBytes += piece.length;
      return [];
    }
    this.#held.push(piece);
    return this.#held.size < this.#wanted ? [] : this.#read(this.#held.take());
  }

  /** After the last piece: what is wrong at the end; null when nothing is. */
  end(): BrokenFrame | null {
    if (this.#broken !== null) return { ...this.#broken, lostBytes: this.#lostBytes };
    const { size } = this.#held;
    if (size === 0) return null;
    const frame = this.#frames + 1;
    return { frame, reason: `the file ends after ${size} of at least ${this.#wanted} bytes`, lostBytes: size };
  }

  #read(bytes: Uint8Array): readonly TtyrecFrame[] {
    const headerSize = headerBytes(this.#layout);
    const frames: TtyrecFrame[] = [];
    let at = 0;
    this.#wanted = headerSize;
    while (at + headerSize <= bytes.length) {
      const header = readHeader(bytes, at, this.#layout);
      const reason = wrongInHeader(header);
      if (reason !== null) {
        this.#broken = { frame: this.#frames + 1, reason };
        this.#lostBytes = bytes.length - at;
        return frames;
      }
      const start = at + headerSize;
      if (start + header.size > bytes.length) {
        this.#wanted = headerSize + header.size;
        break;
      }
      at = start + header.size;
      this.#frames += 1;
      const timeUs = header.seconds * 1_000_000 + header.microseconds;
      frames.push({ timeUs, channel: header.channel, bytes: bytes.subarray(start, at) });
    }
    this.#held.push(bytes.subarray(at));
    return frames;
  }
}
