import { verify } from 'node:crypto';
import { encode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';
import type { SealFields } from '../../src/format/seal.ts';
import { decodeSeal, encodeSeal } from '../../src/format/seal.ts';
import { signTiny, tinyPublicKey } from './tiny-recording.ts';

const fields: SealFields = {
  headHash: new Uint8Array(32).fill(7),
  eventCount: 5,
  chunkCount: 2,
  rawSize: 70_000,
  durationMs: 12_345,
  state: 'PARTIAL',
  stateReason: 'the producer went away',
  sealedAtMs: Date.UTC(2026, 0, 2),
  endedAtMs: null,
  endReason: null,
  kill: {
    requestedAtMs: Date.UTC(2026, 0, 1),
    requestedBy: 'ada@example.com',
    reason: 'too "loud"',
    confirmedAtMs: null,
  },
  session: { status: 'KILLED', lastSeenAtMs: Date.UTC(2026, 0, 1), attemptCount: 3 },
  keyId: '0123456789abcdef',
};

const holds = (raw: Uint8Array): boolean => {
  const seal = decodeSeal(raw);
  return seal !== null && verify(null, seal.signedBytes, tinyPublicKey, seal.signature);
};

test('a seal says what was sealed, and its signature holds', () => {
  const raw = encodeSeal(fields, signTiny);
  expect(decodeSeal(raw)?.fields).toEqual(fields);
  expect(holds(raw)).toBe(true);
});

test('what is signed is the purpose and the map as it stands in the file', () => {
  const raw = encodeSeal(fields, signTiny);
  const signed = Buffer.from(decodeSeal(raw)?.signedBytes ?? []);
  expect(signed.subarray(0, 16).toString('latin1')).toBe('reeltime seal 1\0');
  expect(signed.subarray(16)).toEqual(Buffer.from(raw.subarray(7, -66)));
});

test('a seal with any one bit flipped does not hold', () => {
  const raw = encodeSeal(fields, signTiny);
  for (let bit = 0; bit < raw.length * 8; bit += 1) {
    expect([bit, holds(raw.with(bit >> 3, (raw[bit >> 3] ?? 0) ^ (1 << (bit & 7))))]).toEqual([bit, false]);
  }
});

test('bytes that are no seal are null', () => {
  const raw = encodeSeal(fields, signTiny);
  for (let size = 0; size < raw.length; size += 1) expect(decodeSeal(raw.subarray(0, size))).toBe(null);
  expect(decodeSeal(Buffer.concat([raw, Uint8Array.of(0)]))).toBe(null);
  expect(decodeSeal(encode([0, 'seal', {}, new Uint8Array(64)]))).toBe(null);
  expect(decodeSeal(encode([0, 'header', {}]))).toBe(null);
});

test('a signature written in a longer form is refused: its place is counted from the end', () => {
  const raw = encodeSeal(fields, signTiny);
  const longer = Buffer.concat([raw.subarray(0, -66), Uint8Array.of(0xc5, 0x00, 0x40), raw.subarray(-64)]);
  expect(decodeSeal(longer)).toBe(null);
});
