import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TTYREC_FRAME_BYTES_MAX, type TtyrecLayout, ttyrecLayoutOf } from '../../../src/format/ttyrec/ttyrec-layout.ts';
import { type TtyrecFrame, TtyrecReader } from '../../../src/format/ttyrec/ttyrec-reader.ts';
import { sizeSaidIn } from '../../../src/format/ttyrec/ttyrec-size.ts';
import { output, writeTtyrec } from './ttyrec-writer.ts';

const layout: fc.Arbitrary<TtyrecLayout> = fc.record({ isLittleEndian: fc.boolean(), hasChannel: fc.boolean() });
const frame: fc.Arbitrary<TtyrecFrame> = fc.record({
  timeUs: fc.integer({ min: 0, max: 2 ** 32 * 1_000_000 - 1 }),
  channel: fc.constant(0),
  bytes: fc.uint8Array({ maxLength: 200 }),
});

const plain = (frames: readonly TtyrecFrame[]): readonly unknown[] =>
  frames.map(({ timeUs, bytes }) => [timeUs, Buffer.from(bytes).toString('hex')]);

test('what a writer writes is read back, whatever pieces the file comes in', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 20 }),
      layout,
      fc.integer({ min: 1, max: 300 }),
      (frames, is, pieceBytes) => {
        const file = writeTtyrec(frames, is);
        const reader = new TtyrecReader(is);
        const read: TtyrecFrame[] = [];
        for (let at = 0; at < file.length; at += pieceBytes)
          read.push(...reader.push(file.subarray(at, at + pieceBytes)));
        expect(plain(read)).toEqual(plain(frames));
        expect(reader.end()).toBeNull();
        expect(reader.frames).toBe(frames.length);
      },
    ),
  );
});

test('a file that is cut anywhere gives the frames before the cut, and says which frame is torn', () => {
  const frames = [output(5_000_000, 'one'), output(6_500_000, 'two'), output(7_000_000, 'three')];
  const file = writeTtyrec(frames);
  const ends = [15, 30, 47];
  for (let size = 1; size < file.length; size += 1) {
    const reader = new TtyrecReader({ isLittleEndian: true, hasChannel: false });
    const whole = ends.filter((end) => end <= size).length;
    expect(reader.push(file.subarray(0, size))).toHaveLength(whole);
    const lostBytes = size - (ends[whole - 1] ?? 0);
    if (lostBytes === 0) expect(reader.end()).toBeNull();
    else expect(reader.end()).toMatchObject({ frame: whole + 1, lostBytes });
  }
});

test('a header that cannot be one ends the reading at its frame, also where its length lies', () => {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(TTYREC_FRAME_BYTES_MAX + 1);
  const lying = Buffer.concat([writeTtyrec([output(1, 'x')]), Buffer.alloc(8), size, Buffer.alloc(1000)]);
  const reader = new TtyrecReader({ isLittleEndian: true, hasChannel: false });
  expect(reader.push(lying)).toHaveLength(1);
  expect(reader.push(lying)).toHaveLength(0);
  expect(reader.end()).toEqual({
    frame: 2,
    reason: `${TTYREC_FRAME_BYTES_MAX + 1} bytes, more than ${TTYREC_FRAME_BYTES_MAX}`,
    lostBytes: 1012 + lying.length,
  });
});

test('byte order and channels are told from the first frames', () => {
  const frames = Array.from({ length: 20 }, (_, at) => output(1_700_000_000_000_000 + at * 250_000, `frame ${at}\r\n`));
  for (const isLittleEndian of [true, false]) {
    for (const hasChannel of [true, false]) {
      const file = writeTtyrec(frames, { isLittleEndian, hasChannel });
      expect(ttyrecLayoutOf(file)).toEqual({ layout: { isLittleEndian, hasChannel }, isCertain: true });
    }
  }
});

test('texts, zeros and noise are no ttyrec', () => {
  expect(ttyrecLayoutOf(Buffer.from('Nov 22 10:00:00 host sshd[1]: a line of a log\n'.repeat(50)))).toBeNull();
  expect(ttyrecLayoutOf(Buffer.alloc(5000))).toBeNull();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 200, maxLength: 2000 }), (bytes) => {
      expect(ttyrecLayoutOf(bytes)?.isCertain ?? false).toBe(false);
    }),
  );
});

test('the size is what the first output sets', () => {
  expect(sizeSaidIn(Buffer.from('\u001b%G\u001b[8;50;132t'))).toEqual({ columns: 132, rows: 50 });
  expect(sizeSaidIn(Buffer.from('\u001b[8;0;99999t'))).toBeNull();
  expect(sizeSaidIn(Buffer.from('hello'))).toBeNull();
});
