import { EVENT_BYTES_MAX } from '../../model/limits.ts';

/**
 * How a ttyrec's headers are written: seconds, microseconds and length, each in 32 bits, little-endian as ttyrec(1) does on
 * most machines; and, in the second version (as NetHack servers and learning environments write it), a byte that names the
 * channel.
 */
export type TtyrecLayout = { readonly isLittleEndian: boolean; readonly hasChannel: boolean };

/** Data of one frame: ttyrec(1) writes what one read gave it, a few KiB. More is no header. */
export const TTYREC_FRAME_BYTES_MAX = EVENT_BYTES_MAX;

/** 0 output, 1 input, 2 and above what a program adds. */
const CHANNEL_MAX = 4;

/** Between two frames of one recording. */
const JUMP_SECONDS_MAX = 10 * 366 * 86_400;

const layouts: readonly TtyrecLayout[] = [
  { isLittleEndian: true, hasChannel: false },
  { isLittleEndian: false, hasChannel: false },
  { isLittleEndian: true, hasChannel: true },
  { isLittleEndian: false, hasChannel: true },
];

export const headerBytes = ({ hasChannel }: TtyrecLayout): number => (hasChannel ? 13 : 12);

export type TtyrecHeader = {
  readonly seconds: number;
  readonly microseconds: number;
  readonly size: number;
  readonly channel: number;
};

/** @param at where the header begins: all of it is there */
export const readHeader = (bytes: Uint8Array, at: number, layout: TtyrecLayout): TtyrecHeader => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, headerBytes(layout));
  return {
    seconds: view.getUint32(0, layout.isLittleEndian),
    microseconds: view.getUint32(4, layout.isLittleEndian),
    size: view.getUint32(8, layout.isLittleEndian),
    channel: layout.hasChannel ? view.getUint8(12) : 0,
  };
};

/** What is wrong with a header; null when it may be one. */
export const wrongInHeader = ({ microseconds, size, channel }: TtyrecHeader): string | null => {
  if (microseconds >= 1_000_000) return `${microseconds} microseconds in a second`;
  if (size > TTYREC_FRAME_BYTES_MAX) return `${size} bytes, more than ${TTYREC_FRAME_BYTES_MAX}`;
  if (channel > CHANNEL_MAX) return `channel ${channel}`;
  return null;
};

type Walk = {
  readonly layout: TtyrecLayout;
  readonly frames: number;
  readonly bytes: number;
  readonly isWhole: boolean;
};

/** The layout in which the head of a file makes sense, and whether it does to its end. Null: in none. */
export const ttyrecLayoutOf = (
  head: Uint8Array,
): { readonly layout: TtyrecLayout; readonly isCertain: boolean } | null => {
  const walks = layouts.map((layout) => walk(head, layout)).filter(({ frames, bytes }) => frames > 0 && bytes > 0);
  const best = walks.toSorted(
    (one, other) => Number(other.isWhole) - Number(one.isWhole) || other.frames - one.frames,
  )[0];
  return best === undefined ? null : { layout: best.layout, isCertain: best.isWhole };
};

/** From frame to frame, until one cannot be, or goes beyond the head. */
const walk = (head: Uint8Array, layout: TtyrecLayout): Walk => {
  const headerSize = headerBytes(layout);
  let frames = 0;
  let bytes = 0;
  let before: number | null = null;
  for (let at = 0; at + headerSize <= head.length;) {
    const header = readHeader(head, at, layout);
    const isJump = before !== null && Math.abs(header.seconds - before) > JUMP_SECONDS_MAX;
    if (wrongInHeader(header) !== null || isJump) return { layout, frames, bytes, isWhole: false };
    before = header.seconds;
    at += headerSize + header.size;
    if (at > head.length) break;
    frames += 1;
    bytes += header.size;
  }
  return { layout, frames, bytes, isWhole: true };
};
