import type { TtyrecLayout } from '../../../src/format/ttyrec/ttyrec-layout.ts';
import type { TtyrecFrame } from '../../../src/format/ttyrec/ttyrec-reader.ts';

/** Writes frames as ttyrec(1) does. */
export const writeTtyrec = (
  frames: readonly TtyrecFrame[],
  { isLittleEndian, hasChannel }: TtyrecLayout = { isLittleEndian: true, hasChannel: false },
): Buffer =>
  Buffer.concat(
    frames.flatMap(({ timeUs, channel, bytes }) => {
      const header = new DataView(new ArrayBuffer(hasChannel ? 13 : 12));
      header.setUint32(0, Math.floor(timeUs / 1_000_000), isLittleEndian);
      header.setUint32(4, timeUs % 1_000_000, isLittleEndian);
      header.setUint32(8, bytes.length, isLittleEndian);
      if (hasChannel) header.setUint8(12, channel);
      return [Buffer.from(header.buffer), Buffer.from(bytes)];
    }),
  );

/** A frame of output. */
export const output = (timeUs: number, text: string): TtyrecFrame => ({ timeUs, channel: 0, bytes: Buffer.from(text) });
