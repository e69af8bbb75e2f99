import { isIP } from 'node:net';
import { expect, test } from 'vitest';
import { ecsEvent } from '../../../src/format/ecs/ecs-event.ts';
import { ecsSession } from '../../../src/format/ecs/ecs-session.ts';
import { asRead, exportedEvents, exportedSessions, full, type Json } from './exported-samples.ts';
import { ecsVersion, fieldTypes, outcomes, typesOfCategory } from './ecs-facts.ts';

const isText = (value: unknown): boolean => typeof value === 'string';
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText);

const holds: Readonly<Record<string, (value: unknown) => boolean>> = {
  keyword: isText,
  text: isText,
  keywords: areTexts,
  long: Number.isSafeInteger,
  date: (value) => isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value)),
  ip: (value) => isIP(String(value)) !== 0,
  ips: (value) => Array.isArray(value) && value.every((item) => isIP(String(item)) !== 0),
  words: (value) =>
    areTexts(Object.values(value as Json)) && Object.keys(value as Json).every((name) => !name.includes('.')),
  geo_point: (value) =>
    Object.keys(value as Json).join() === 'lat,lon' && Object.values(value as Json).every(Number.isFinite),
};

/** Fields whose types are not the schema's; what is under this program's own name is nobody else's business. */
const problemsOf = (object: Json, path: string): readonly string[] =>
  Object.entries(object).flatMap(([key, value]) => {
    const name = path === '' ? key : `${path}.${key}`;
    const type = fieldTypes[name];
    if (name === 'reeltime') return [];
    if (type !== undefined)
      return holds[type]?.(value) === true ? [] : [`${name} is no ${type}: ${JSON.stringify(value)}`];
    const isSet = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isSet ? problemsOf(value as Json, name) : [`${name} is no field that the table knows`];
  });

const expectValid = (object: object): void => {
  const document = asRead(object);
  expect(problemsOf(document, '')).toEqual([]);
  expect(document['ecs']).toEqual({ version: ecsVersion });
  const event = document['event'] as Readonly<Record<'category' | 'type', readonly string[]>> & Json;
  expect(event['kind']).toBe('event');
  expect(outcomes).toContain(event['outcome']);
  const allowed = event.category.flatMap((category) => typesOfCategory[category] ?? []);
  expect(allowed).toEqual(expect.arrayContaining([...event.type]));
};

test('sessions of every protocol, in every status, are valid documents of the schema', () => {
  for (const each of exportedSessions) expectValid(ecsSession(each));
});

test('events of every kind and code are valid documents of the schema', () => {
  for (const each of exportedEvents) expectValid(ecsEvent(each));
});

test('a session says who, from where, to what, and for how long in nanoseconds', () => {
  expect(asRead(ecsSession({ session: full, change: 'ENDED' }))).toMatchObject({
    '@timestamp': '2026-09-20T07:16:31.623Z',
    event: {
      category: ['session', 'network'],
      type: ['end'],
      action: 'session-ended',
      outcome: 'success',
      duration: 61_500_000_000,
    },
    user: { id: 'idp|1', name: 'ann@example.com', full_name: 'Ann' },
    source: {
      ip: '192.0.2.7',
      geo: { city_name: 'Zürich', country_iso_code: 'CH', location: { lat: 47.37, lon: 8.54 } },
    },
    destination: { domain: 'bastion.example.com', port: 22 },
    network: { protocol: 'ssh' },
    labels: { team: 'a', 'k8s_io/app': '{"deep":[1]}' },
  });
});

test('a refused attempt is an authentication that failed', () => {
  const session = { ...full, status: 'DENIED', denyReason: 'no policy' } as const;
  expect(asRead(ecsSession({ session, change: 'STARTED' }))).toMatchObject({
    event: {
      category: ['authentication', 'network'],
      type: ['start', 'denied'],
      outcome: 'failure',
      reason: 'no policy',
    },
  });
});
