import { decode, encode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';
import { decodeFileHeader, encodeFileHeader } from '../../src/format/file-header.ts';
import { FILE_TUPLE_BYTES_MAX } from '../../src/format/file-tuple.ts';
import { InvalidInput } from '../../src/model/errors.ts';
import { tinyHeader } from './tiny-recording.ts';

type Map = Record<string, unknown>;
const mapOf = (raw: Uint8Array): Map => (decode(raw) as [number, string, Map])[2];
const changed = (change: (map: Map) => void): Uint8Array => {
  const map = mapOf(encodeFileHeader(tinyHeader));
  change(map);
  return encode([0, 'header', map]);
};

test('a header that is decoded says what was encoded', () => {
  expect(decodeFileHeader(encodeFileHeader(tinyHeader))).toEqual(tinyHeader);
  const location = {
    city: 'Praha',
    region: null,
    country: 'Czechia',
    countryCode: 'CZ',
    latitude: 50.08,
    longitude: 14.43,
  };
  const full = {
    ...tinyHeader,
    continues: tinyHeader.recordingId,
    session: { ...tinyHeader.session, labels: null, client: { ip: '::1', port: 1, software: 'OpenSSH', location } },
  };
  expect(decodeFileHeader(encodeFileHeader(full))).toEqual(full);
});

test('the same header is the same bytes, in whatever order its fields were made', () => {
  const reversed = <Value extends object>(value: Value): Value =>
    Object.fromEntries(Object.entries(value).toReversed()) as Value;
  const { session } = tinyHeader;
  const other = {
    ...reversed(tinyHeader),
    session: { ...reversed(session), user: reversed(session.user), labels: { b: 1, a: { d: 2, c: 3 } } },
  };
  const one = { ...tinyHeader, session: { ...session, labels: { a: { c: 3, d: 2 }, b: 1 } } };
  expect(encodeFileHeader(other)).toEqual(encodeFileHeader(one));
});

test('fields of a later minor version are passed over', () => {
  expect(decodeFileHeader(changed((map) => (map['more'] = 1)))).toEqual(tinyHeader);
});

const spoilt: readonly (readonly [string, (map: Map) => unknown, string])[] = [
  ['another version', (map: Map) => (map['version'] = 2), 'header.version'],
  ['an id that is none', (map: Map) => (map['recordingId'] = 'x'), 'header.recordingId'],
  ['a kind that is not known', (map: Map) => (map['kind'] = 'AUDIO'), 'header.kind'],
  ['a time in another form', (map: Map) => (map['startedAt'] = '2026-01-02'), 'header.startedAt'],
  ['a size of nothing', (map: Map) => (map['columns'] = 0), 'header.columns'],
  ['no user', (map: Map) => delete map['user'], 'header.user'],
  ['a user that is a text', (map: Map) => (map['user'] = 'ada'), 'header.user'],
  ['a port that is a text', (map: Map) => ((map['server'] as Map)['port'] = '22'), 'header.server.port'],
  [
    'a flag that is a number',
    (map: Map) => ((map['user'] as Map)['isServiceAccount'] = 1),
    'header.user.isServiceAccount',
  ],
];

test.for(spoilt)('a header with %s is refused by its name', ([, change, field]) => {
  expect(() => decodeFileHeader(changed(change))).toThrow(expect.objectContaining({ field }));
});

test('bytes that are no header are refused, and never anything else', () => {
  const raw = encodeFileHeader(tinyHeader);
  const isRefused = (bytes: Uint8Array): boolean => {
    try {
      decodeFileHeader(bytes);
      return false;
    } catch (error) {
      if (error instanceof InvalidInput) return true;
      throw error;
    }
  };
  for (let size = 0; size < raw.length; size += 1)
    expect([size, isRefused(raw.subarray(0, size))]).toEqual([size, true]);
  for (let at = 0; at < raw.length; at += 1) for (const byte of [0x00, 0xc1, 0xdd, 0xff]) isRefused(raw.with(at, byte));
  expect(isRefused(Buffer.concat([raw, Uint8Array.of(0)]))).toBe(true);
  expect(isRefused(new Uint8Array(FILE_TUPLE_BYTES_MAX + 1))).toBe(true);
  expect(isRefused(encode([0, 'seal', {}]))).toBe(true);
});
