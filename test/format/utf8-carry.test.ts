import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { carryOver, isInsideCharacter, isUtf8, TextCarry, unfinishedLength } from '../../src/format/utf8-carry.ts';
import { cutAnywhere } from './arbitrary-events.ts';

const encoder = new TextEncoder();
/** Bytes of which many are parts of characters. */
const awkwardBytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        0x41,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xbf,
        0xc0,
        0xc2,
        0xdf,
        0xe0,
        0xed,
        0xef,
        0xf0,
        0xf4,
        0xf5,
        0xff,
      ),
      fc.nat(255),
    ),
    { maxLength: 40 },
  )
  .map((bytes) => Uint8Array.from(bytes));

test('text cut at arbitrary bytes decodes to the same text', () => {
  const pieces = fc
    .string({ unit: 'binary', maxLength: 200 })
    .chain((text) => fc.tuple(fc.constant(text), cutAnywhere(encoder.encode(text))));
  fc.assert(
    fc.property(pieces, ([text, cut]) => {
      const carry = new TextCarry();
      expect(cut.map((piece) => carry.decode(piece)).join('') + carry.end()).toBe(text.toWellFormed());
    }),
  );
});

test('any bytes in any pieces decode as the WHATWG decoder does in one', () => {
  fc.assert(
    fc.property(
      awkwardBytes.chain((bytes) => fc.tuple(fc.constant(bytes), cutAnywhere(bytes))),
      ([bytes, cut]) => {
        const carry = new TextCarry();
        const text = cut.map((piece) => carry.decode(piece)).join('') + carry.end();
        expect(text).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      },
    ),
    { numRuns: 1000 },
  );
});

test('each piece gives the text that a streaming WHATWG decoder gives at that point', () => {
  fc.assert(
    fc.property(awkwardBytes.chain(cutAnywhere), (cut) => {
      const carry = new TextCarry();
      const streaming = new TextDecoder('utf-8', { ignoreBOM: true });
      for (const piece of cut) expect(carry.decode(piece)).toBe(streaming.decode(piece, { stream: true }));
    }),
    { numRuns: 1000 },
  );
});

test('the carry is the same however the bytes were cut', () => {
  fc.assert(
    fc.property(
      awkwardBytes.chain((bytes) => fc.tuple(fc.constant(bytes), cutAnywhere(bytes))),
      ([bytes, cut]) => {
        const carry = cut.reduce<Uint8Array>(carryOver, new Uint8Array());
        expect([...carry]).toEqual([...bytes.subarray(bytes.length - unfinishedLength(bytes))]);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a decoder that begins with the carry goes on where the one before stopped', () => {
  const bytes = encoder.encode('a€😀ż');
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const first = new TextCarry();
    const before = first.decode(bytes.subarray(0, cut));
    expect(before + new TextCarry(first.rest()).decode(bytes.subarray(cut))).toBe('a€😀ż');
  }
});

test('a byte order mark is kept, wherever it stands', () => {
  const carry = new TextCarry();
  expect(carry.decode(Uint8Array.of(0xef, 0xbb))).toBe('');
  expect(carry.decode(Uint8Array.of(0xbf, 0x41))).toBe('\ufeffA');
});

test('a place is inside a character while what follows continues it, or is not known', () => {
  const euro = encoder.encode('€');
  expect(isInsideCharacter(euro.subarray(0, 2), null)).toBe(true);
  expect(isInsideCharacter(euro.subarray(0, 2), new Uint8Array())).toBe(true);
  expect(isInsideCharacter(euro.subarray(0, 2), euro.subarray(2))).toBe(true);
  expect(isInsideCharacter(euro.subarray(0, 1), euro.subarray(1))).toBe(true);
  expect(isInsideCharacter(euro.subarray(0, 2), encoder.encode('x'))).toBe(false);
  expect(isInsideCharacter(Uint8Array.of(0xe0), Uint8Array.of(0x80))).toBe(false);
  expect(isInsideCharacter(new Uint8Array(), null)).toBe(false);
});

test('bytes are UTF-8 exactly when a fatal WHATWG decoder takes them', () => {
  const fatal = new TextDecoder('utf-8', { fatal: true });
  const isTaken = (bytes: Uint8Array): boolean => {
    try {
      fatal.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(
      fc.oneof(
        awkwardBytes,
        fc.string({ unit: 'binary' }).map((text) => encoder.encode(text)),
      ),
      (bytes) => {
        expect(isUtf8(bytes, 0, bytes.length)).toBe(isTaken(bytes));
      },
    ),
    { numRuns: 2000 },
  );
});
