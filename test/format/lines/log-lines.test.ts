import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { headLines } from '../../../src/format/lines/head-lines.ts';
import { readLogLines, type LogLine } from '../../../src/format/lines/log-lines.ts';
import { IMPORT_LINE_BYTES_MAX } from '../../../src/model/limits.ts';

const linesOf = async (pieces: Iterable<Uint8Array>): Promise<readonly LogLine[]> => {
  const lines: LogLine[] = [];
  for await (const group of readLogLines(pieces)) lines.push(...group);
  return lines;
};

function* cutInto(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

test('lines are the same, however the bytes come in pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll(/[\r\n\ufeff]/g, ''))),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      async (texts, end, isEnded, sizes) => {
        const bytes = Buffer.from(texts.join(end) + (isEnded ? end : ''));
        const expected = texts.join('\n').split('\n');
        const read = await linesOf(cutInto(bytes, sizes));
        const whole = !isEnded && expected.at(-1) === '' ? expected.slice(0, -1) : expected;
        expect(read).toEqual(bytes.length === 0 ? [] : whole.map((text, at) => ({ number: at + 1, text })));
      },
    ),
    { numRuns: 200 },
  );
});

test('a line that is too long is told, and held no more; the next one is read', async () => {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  function* pieces(): Generator<Uint8Array> {
    yield Buffer.from('first\n');
    for (let bytes = 0; bytes <= IMPORT_LINE_BYTES_MAX * 2; bytes += piece.length) yield piece;
    yield Buffer.from('\nlast');
  }
  expect(await linesOf(pieces())).toEqual([
    { number: 1, text: 'first' },
    { number: 2, text: null },
    { number: 3, text: 'last' },
  ]);
  const most = Buffer.alloc(IMPORT_LINE_BYTES_MAX, 'x');
  const [line] = await linesOf([most]);
  expect(line?.text).toHaveLength(IMPORT_LINE_BYTES_MAX);
});

test('bytes that are no UTF-8 become U+FFFD, NULs stay, and a byte order mark is no part of the first line', async () => {
  const bytes = Buffer.concat([Buffer.from('\ufeffa\0b\n'), Buffer.from([0xff, 0x41, 0x0a])]);
  expect(await linesOf([bytes])).toEqual([
    { number: 1, text: 'a\0b' },
    { number: 2, text: '\ufffdA' },
  ]);
});

test('of a head the whole lines count, and one that is cut only where there is no other', () => {
  expect(headLines(Buffer.from('one\n\ntwo\nthr'))).toEqual(['one', 'two', 'thr']);
  expect(headLines(Buffer.concat([Buffer.from('one\n'), Buffer.alloc(64 * 1024, 'x')]))).toEqual(['one']);
  expect(headLines(Buffer.alloc(64 * 1024, 'x'))).toHaveLength(1);
  expect(headLines(new Uint8Array(0))).toEqual([]);
});
