import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBatch } from '../../../src/format/batch-encoder.ts';
import { scanBatch } from '../../../src/format/batch.ts';
import { checkPayload } from '../../../src/format/events/check-payload.ts';
import { payloadOf } from '../../../src/format/events/event-payload.ts';
import { writeNdjson } from '../../../src/format/ndjson.ts';
import { decodeBatch } from '../../../src/format/run-events.ts';
import { TupleBatch } from '../../../src/format/tuple-batch.ts';
import { InvalidInput } from '../../../src/model/errors.ts';
import { eventShapes } from '../../../src/model/event-shapes.ts';
import { arbitraryEvents, structuredCodes } from '../arbitrary-events.ts';
import { runsOf, written } from '../asciicast/asciicast-runs.ts';
import { goldenEvents, readGolden } from './golden-events.ts';

const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

const refusalOf = (code: string, payload: readonly unknown[]): InvalidInput | null => {
  try {
    scanBatch(encodeBatch([{ timeMs: 0, code, payload }]), checkPayload);
    return null;
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
};

describe('golden events', () => {
  test('there is one of every code', () => {
    const codes = goldenEvents.map(({ code }) => code);
    expect(codes.toSorted()).toEqual(['o', 'i', 'r', 'x', 'm', ...structuredCodes].toSorted());
  });

  test.for(goldenEvents)('$code is these bytes, and this line', async (event) => {
    const bytes = unhex(readGolden(event.code, 'hex'));
    const line = readGolden(event.code, 'ndjson');
    expect(Buffer.from(encodeBatch([event])).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
    expect(scanBatch(bytes, checkPayload).eventCount).toBe(1);
    expect(decodeBatch(bytes)).toEqual([event]);
    expect(await written(writeNdjson(runsOf([event])))).toBe(line);
    const batch = new TupleBatch();
    batch.addLine(new TextEncoder().encode(line.trimEnd()));
    expect(batch.finish()).toEqual(bytes);
  });

  test.for(goldenEvents.filter(({ code }) => code in eventShapes))(
    '$code is read by the names of all its values',
    ({ code, payload }) => {
      const { elements, fields } = eventShapes[code as keyof typeof eventShapes];
      const names = ['code', ...Object.keys(elements), ...Object.keys(fields ?? {})];
      expect(Object.keys(payloadOf(code, payload) ?? {})).toEqual(names);
    },
  );
});

test('events of every shape are taken, and read by their names', () => {
  fc.assert(
    fc.property(arbitraryEvents(), (events) => {
      const batch = encodeBatch(events);
      expect(scanBatch(batch, checkPayload).eventCount).toBe(events.length);
      for (const { code, payload } of decodeBatch(batch)) {
        expect(payloadOf(code, payload) !== null).toBe(structuredCodes.includes(code as never));
      }
    }),
  );
});

test.for([
  ['cmd', ['ls'], 'events[0].payload'],
  ['cmd', [5, {}], 'events[0].payload[0]'],
  ['cmd', ['ls', 5], 'events[0].payload[1]'],
  ['cmd', ['ls', { exitStatus: 2 ** 31 }], 'events[0].payload[1].exitStatus'],
  ['cmd', ['ls', { directory: new Uint8Array(1) }], 'events[0].payload[1].directory'],
  ['file', ['read', '/a', { size: -1 }], 'events[0].payload[2].size'],
  ['file', ['read', '/a', { size: 1.5 }], 'events[0].payload[2].size'],
  ['req', ['r', { url: '/' }], 'events[0].payload[1].method'],
  ['req', ['r', { method: 'GET', url: null }], 'events[0].payload[1].url'],
  ['req', ['r', { method: 'GET', url: '/', headers: { a: 'b' } }], 'events[0].payload[1].headers'],
  ['req', ['r', { method: 'GET', url: '/', headers: [['a']] }], 'events[0].payload[1].headers'],
  ['req', ['r', { method: 'GET', url: '/' }, 'more'], 'events[0].payload'],
  ['res', ['r', { durationMs: -1 }], 'events[0].payload[1].durationMs'],
  ['res', ['r', { durationMs: Infinity }], 'events[0].payload[1].durationMs'],
  ['res', ['r', { timings: { wait: -1 } }], 'events[0].payload[1].timings'],
  ['body', ['r', 'both', 0, true, new Uint8Array(1)], 'events[0].payload[1]'],
  ['body', ['r', 'req', 0, true, 'text'], 'events[0].payload[4]'],
  ['sql', ['q', 'SELECT 1', null], 'events[0].payload[2]'],
  ['sqlr', ['q', { error: false }], 'events[0].payload[1].error'],
  ['k8s', ['a', { verb: 'get' }], 'events[0].payload[1].uri'],
  ['k8sr', ['a', { status: 'OK' }], 'events[0].payload[1].status'],
  ['dom', [[]], 'events[0].payload[0]'],
  ['gap', [{ lostEvents: 'many' }], 'events[0].payload[0].lostEvents'],
] as const)('a %s with the payload %j is refused at %s, and would be read as it is', ([code, payload, field]) => {
  const refusal = refusalOf(code, payload);
  expect(refusal?.field).toBe(field);
  expect(refusal?.message).toContain(field);
  expect(payloadOf(code, payload)).toBeNull();
  expect(scanBatch(encodeBatch([{ timeMs: 0, code, payload }])).eventCount).toBe(1);
});

test('names that no shape has are taken, and passed over', () => {
  const fields = { method: 'GET', url: '/', trace: 'abc', constructor: 1 };
  expect(refusalOf('req', ['r', fields])).toBeNull();
  expect(payloadOf('req', ['r', fields])).toEqual({
    code: 'req',
    requestId: 'r',
    method: 'GET',
    url: '/',
    httpVersion: null,
    headers: null,
    bodySize: null,
    har: null,
  });
});

test('data that was cut has its real length behind it', () => {
  expect(refusalOf('sql', ['q', 'x'.repeat(2 ** 21), {}])).toBeNull();
  expect(refusalOf('body', ['r', 'req', 0, true, new Uint8Array(2 ** 21)])).toBeNull();
  expect(refusalOf('sql', ['q', 'x', {}, -1])?.field).toBe('events[0].payload');
});
