import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { unescapeLogText } from '../../../src/format/web-access/log-escapes.ts';

/** As nginx does: a quote, a backslash, control characters and all beyond ASCII, byte by byte. */
const escapeByNginx = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
        ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('');

test('what a server escaped is what it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(unescapeLogText(escapeByNginx(text))).toBe(text);
    }),
  );
  expect(unescapeLogText(String.raw`\"a\" \\ \t\n`)).toBe('"a" \\ \t\n');
});

test('bytes that are no UTF-8 stay as they were written', () => {
  for (const text of [String.raw`\xFF\x00`, String.raw`caf\xE9`, 'plain', 'ends with \\']) {
    expect(unescapeLogText(text)).toBe(text);
  }
});
