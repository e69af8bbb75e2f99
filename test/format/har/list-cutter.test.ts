import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotARecording } from '../../../src/format/asciicast/not-a-recording.ts';
import { ListCutter } from '../../../src/format/har/list-cutter.ts';
import { cutAnywhere } from '../arbitrary-events.ts';

const limits = { itemBytesMax: 10_000, restBytesMax: 10_000, depthMax: 20 };

const cut = (pieces: readonly Uint8Array[]): { readonly items: unknown[]; readonly rest: unknown } => {
  const cutter = new ListCutter(['log', 'entries'], limits);
  const items: unknown[] = [];
  for (const piece of pieces) for (const { value } of cutter.push(piece)) items.push(value);
  return { items, rest: cutter.end() };
};

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const cutText = (text: string): ReturnType<typeof cut> => cut([utf8(text)]);

const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('__proto__'));

test('any list comes item by item, wherever the bytes are cut, and the rest is the document without them', () => {
  const document = fc.record({
    before: fc.dictionary(fc.string(), json),
    inLog: fc.dictionary(
      fc.string().filter((name) => name !== 'entries'),
      json,
    ),
    items: fc.array(json, { maxLength: 6 }),
    indent: fc.constantFrom('', ' ', '\n\t'),
  });
  const withPieces = document.chain((parts) => {
    const log = { ...parts.inLog, entries: parts.items, after: [[1], { entries: [2] }] };
    const whole = JSON.stringify({ ...parts.before, log, entries: [3] }, null, parts.indent);
    return fc.tuple(fc.constant({ ...parts, whole }), cutAnywhere(utf8(whole)));
  });
  fc.assert(
    fc.property(withPieces, ([{ whole, items }, pieces]) => {
      const expected = JSON.parse(whole) as { log: { entries: unknown[] } };
      expected.log.entries = [];
      expect(cut(pieces)).toEqual({ items: JSON.parse(JSON.stringify(items)) as unknown, rest: expected });
    }),
  );
});

test('each item is told with the line on which it begins', () => {
  const cutter = new ListCutter(['log', 'entries'], limits);
  const found = [...cutter.push(utf8('{"log": {\n"entries": [\n1,\n\n {\n}, "a\\"]"\n]}}'))];
  expect(found).toEqual([
    { value: 1, line: 3 },
    { value: {}, line: 5 },
    { value: 'a"]', line: 6 },
  ]);
});

test('a byte order mark, an empty list and a document without the list are taken', () => {
  expect(cutText('\ufeff{"log":{"entries":[ \n ]}}')).toEqual({ items: [], rest: { log: { entries: [] } } });
  expect(cutText('{"entries":[1],"log":[{"entries":[2]}]}').items).toEqual([]);
  expect(cutText(' 5 ')).toEqual({ items: [], rest: 5 });
});

describe('what is no JSON is refused at its line', () => {
  test.for([
    ['', 1],
    ['{"log":{"entries":[1,]}}', 1],
    ['{"log":{"entries":[,1]}}', 1],
    ['{"log":{"entries":[1,\n\n2,{"a":}]}}', 3],
    ['{"log":{"entries":[1\n}}', 2],
    ['{"log":{"entries":[{"a":"b\n"}]}}', 1],
    ['{"log":{"entries":[1]}', 1],
    ['{"log":{"entries":[1]}}}', 1],
    ['{"log":{"entries":[1]},}', 1],
    ['{"log":{"entries":[1 2]}}', 1],
    ['{"log":{"entries":["a', 1],
    ['{"log":{"entries":[[1}]}}', 1],
    ['{"log":{"entries":[1]}} x', 1],
  ] as const)('%j', ([text, line]) => {
    expect(() => cutText(text)).toThrow(expect.objectContaining({ line }));
    expect(() => cutText(text)).toThrow(NotARecording);
  });

  test.for([
    ['{"log":{"entries":["' + 'a'.repeat(10_000), 'an item of log.entries has more than 10000 bytes'],
    ['{"log":{"x":"' + 'a'.repeat(10_000), 'what is beside log.entries has more than 10000 bytes'],
    ['{"log":{"entries":[' + '['.repeat(100), 'nested more than 20 deep'],
  ] as const)('beyond a limit: %#', ([text, reason]) => {
    expect(() => cutText(text)).toThrow(reason);
  });
});
