import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { expect, test } from 'vitest';
import { readSample, sampleNames } from '../../src/cli/assets.ts';

type SampleSession = {
  readonly file: string;
  readonly user: { readonly email?: string };
  readonly client: { readonly ip: string };
  readonly server: { readonly name: string };
  readonly live: boolean;
};

const readme = readFileSync(new URL('../../data/samples/README.md', import.meta.url), 'utf8');
const licences = readFileSync(new URL('../../data/samples/LICENSES.md', import.meta.url), 'utf8');
const casts = sampleNames().filter((name) => name.endsWith('.cast'));
const sessions = JSON.parse(new TextDecoder().decode(readSample('sessions.json'))) as readonly SampleSession[];

const logs = sampleNames().filter((name) => !name.endsWith('.cast') && name !== 'sessions.json');

test('there are 8 to 12 casts and one log of each other kind, at most 2 MB together', () => {
  expect(logs).toEqual([
    'browser-page-load.har',
    'kubernetes-audit.jsonl',
    'postgresql-shop.csv',
    'sshd-refused-attempts.txt',
  ]);
  expect(casts.length).toBeGreaterThanOrEqual(8);
  expect(casts.length).toBeLessThanOrEqual(12);
  expect([...casts, ...logs].reduce((sum, name) => sum + readSample(name).length, 0)).toBeLessThanOrEqual(2_000_000);
});

const ownRecording = 'postgresql-shop.csv';

test.for([...casts, ...logs].filter((name) => name !== ownRecording))(
  '%s is byte for byte what its origin published, under a licence that stands beside it',
  (name) => {
    const line = readme.split('\n').find((text) => text.startsWith(`| ${name} | https://github.com/`));
    expect(line).toContain(createHash('sha256').update(readSample(name)).digest('hex'));
    expect(licences).toContain(name);
  },
);

test('every sample is one made-up session, and some are live', () => {
  expect(sessions.map(({ file }) => file).toSorted()).toEqual(casts);
  expect(sessions.some(({ live }) => live)).toBe(true);
});

test('people, addresses and servers of the samples are of the ranges kept for documentation', () => {
  for (const { user, client, server } of sessions) {
    expect(user.email ?? '@example.com').toMatch(/@example\.com$/);
    expect(server.name).toMatch(/\.example\.com$/);
    expect(client.ip).toMatch(isIPv6(client.ip) ? /^2001:db8:/ : /^(?:192\.0\.2|198\.51\.100|203\.0\.113)\./);
  }
});

test('what is no sample is not read', () => {
  expect(() => readSample('../../package.json')).toThrow('there is no sample named ../../package.json');
});
