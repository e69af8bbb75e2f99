import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine } from '../../src/format/csv.ts';

test.for<readonly [string, string]>([
  ['=1+1', "'=1+1"],
  ['+49 30', "'+49 30"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', `'\t=1`],
  ['\r=1', `"'\r=1"`],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ['＝1+1', "'＝1+1"],
  ['＠SUM(A1)', "'＠SUM(A1)"],
  [' =1', "' =1"],
  ['\u00a0=1', "'\u00a0=1"],
  ['\n=1', `"'\n=1"`],
  ['a=b', 'a=b'],
  ['a,b', '"a,b"'],
  ['a "b"', '"a ""b"""'],
  ['two\nlines', '"two\nlines"'],
  [' padded ', '" padded "'],
])('the text %j is the cell %j: no spreadsheet takes it for a formula', ([text, cell]) => {
  expect(csvLine([text, 'x'])).toBe(`${cell},x\r\n`);
});

test('numbers stay numbers, and nothing is an empty cell', () => {
  expect(csvLine([-0.25, 3, true, null, ''])).toBe('-0.25,3,true,,\r\n');
});

/** RFC 4180, read by its grammar. */
const cellsOf = (record: string): readonly string[] =>
  [...`,${record.replace(/\r\n$/, '')}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );

test('whatever the texts, a reader of RFC 4180 has them again, but for the mark before a formula', () => {
  const text = fc.string({ unit: fc.constantFrom(...'=+-@＝\t\r\n," \'aé'), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 4 }), (texts) => {
      const cells = cellsOf(csvLine(texts));
      expect(cells).toEqual(texts.map((each) => (/^(\s*[=+\-@＝]|[\t\r\n])/.test(each) ? `'${each}` : each)));
    }),
  );
});
