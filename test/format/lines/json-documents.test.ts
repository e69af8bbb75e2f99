import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JsonDocument, readJsonDocuments } from '../../../src/format/lines/json-documents.ts';
import { IMPORT_LINE_BYTES_MAX } from '../../../src/model/limits.ts';

const documentsOf = async (text: string, pieceBytes = 64 * 1024): Promise<readonly JsonDocument[]> => {
  const bytes = Buffer.from(text);
  const documents: JsonDocument[] = [];
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  };
  for await (const group of readJsonDocuments(pieces())) documents.push(...group);
  return documents;
};
const valuesOf = (documents: readonly JsonDocument[]): readonly unknown[] =>
  documents.map((document) => (document.problem === null ? document.value : document.problem));

const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });

test('objects are the same, one a line or over many lines, however the bytes come in pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(object, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(undefined, 1, '\t'),
      fc.integer({ min: 1, max: 100 }),
      async (objects, space, pieceBytes) => {
        const texts = objects.map((each) => JSON.stringify(each, null, space));
        const documents = await documentsOf(texts.join('\n'), pieceBytes);
        expect(valuesOf(documents)).toEqual(texts.map((text): unknown => JSON.parse(text)));
        const lines = texts.map((_, at) => texts.slice(0, at).join('\n').split('\n').length + (at === 0 ? 0 : 1));
        expect(documents.map(({ line }) => line)).toEqual(lines);
      },
    ),
    { numRuns: 60 },
  );
});

test('a list is its items; a document that is cut off or too long is told where it begins, and the next is read', async () => {
  expect(valuesOf(await documentsOf('[{"a":1},\n {"b":2}]\n{"c":3}'))).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
  expect(await documentsOf(`[${'1,'.repeat(300_000)}1]`)).toHaveLength(300_001);
  expect(await documentsOf('{\n"a": 1\n')).toEqual([{ line: 1, problem: 'not JSON' }]);
  const filler = `"${'x'.repeat(1_000_000)}",\n`.repeat(IMPORT_LINE_BYTES_MAX / 1_000_000 + 1);
  const [first, ...rest] = await documentsOf(`{"a": [\n${filler}\n]}\n{"b":2}\n`);
  expect(first).toMatchObject({ line: 1, problem: expect.stringContaining('has more than') });
  expect(valuesOf(rest)).toContainEqual({ b: 2 });
});
