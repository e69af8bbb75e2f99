import { readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeMulti } from '@msgpack/msgpack';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Spool, SpoolFull, SpoolGone, type SpoolHeader } from '../../src/client/spool.ts';
import { SpoolOwner } from '../../src/client/spool-owner.ts';
import { ownProcess } from '../../src/cli/own-process.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { anOpenSession } from './sessions.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'reeltime-spool-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const header = (): SpoolHeader => ({ version: 1, server: 'url http://127.0.0.1:1', session: anOpenSession() });
const output = (timeMs: number, size = 4): RecordedEvent => ({
  timeMs,
  code: 'o',
  payload: [new Uint8Array(size).fill(timeMs)],
});
/** Reads and acknowledges everything. */
const drain = (spool: Spool, bytes = 1024 * 1024): unknown[] => {
  const all: unknown[] = [];
  for (let batch = spool.read(bytes); batch !== null; batch = spool.read(bytes)) {
    expect(batch.firstEvent).toBe(all.length);
    let timeMs = 0;
    for (const event of decodeMulti(batch.msgpack)) {
      const [deltaMs, ...rest] = event as [number, ...unknown[]];
      timeMs += deltaMs;
      all.push([timeMs, ...rest]);
    }
    spool.acknowledge(batch);
  }
  return all;
};

test('what was appended is read in batches whose first time counts from the start, once, and again by a later process', () => {
  const first = Spool.create(root, header());
  for (let timeMs = 0; timeMs < 100; timeMs += 7) first.append(output(timeMs));
  const events = drain(first, 40);
  expect(events).toHaveLength(15);
  expect(events.at(-1)).toEqual([98, 'o', new Uint8Array([98, 98, 98, 98])]);
  expect(first.read(40)).toBeNull();
  expect(first.waitingEvents).toBe(0);
  first[Symbol.dispose]();
  using later = Spool.open(first.folder);
  expect(later?.header).toEqual(first.header);
  expect(later?.lastMs).toBe(98);
  expect(later === null ? null : drain(later)).toEqual(events);
});

test.for([1, 5, 9, 11])(
  'a tail that is torn by %s bytes is dropped whole, and the next event takes its ordinal',
  (lost) => {
    const torn = Spool.create(root, header());
    for (let timeMs = 0; timeMs < 3; timeMs += 1) torn.append(output(timeMs));
    torn[Symbol.dispose]();
    const file = path.join(torn.folder, '0000000000.events');
    truncateSync(file, statSync(file).size - lost);
    using later = Spool.open(torn.folder);
    expect(later?.nextEvent).toBe(2);
    later?.append(output(50));
    expect(later === null ? null : drain(later).map((event) => (event as unknown[])[0])).toEqual([0, 1, 50]);
  },
);

test('bytes that are no frame, and a frame that is damaged, end what is read', async () => {
  const damaged = Spool.create(root, header());
  damaged.append(output(1));
  damaged[Symbol.dispose]();
  await appendFile(path.join(damaged.folder, '0000000000.events'), Buffer.alloc(64, 7));
  using later = Spool.open(damaged.folder);
  expect(later?.nextEvent).toBe(1);
});

test('it goes on in segments, forgets those that were acknowledged, and goes back as far as it has them', () => {
  using spool = Spool.create(root, header());
  const mebibyte = 1024 * 1024;
  for (let timeMs = 0; timeMs < 30; timeMs += 1) spool.append(output(timeMs, mebibyte));
  expect(segmentsOf(spool)).toHaveLength(8);
  expect(drain(spool, 3 * mebibyte)).toHaveLength(30);
  expect(segmentsOf(spool)).toHaveLength(3);
  spool.seek(25);
  expect(spool.read(1)?.firstEvent).toBe(25);
  expect(() => spool.seek(3)).toThrow(SpoolGone);
});

test('beyond its limit it takes only what says how it ended, until something is acknowledged', () => {
  // A frame has 8 bytes around the event, and the event has 6 around these 2.
  using spool = Spool.create(root, header(), 160);
  for (let timeMs = 0; timeMs < 10; timeMs += 1) spool.append(output(timeMs, 2));
  expect(spool.waitingBytes).toBe(160);
  expect(() => spool.append(output(10))).toThrow(SpoolFull);
  spool.append({ timeMs: 10, code: 'x', payload: [0, null] }, true);
  expect(drain(spool)).toHaveLength(11);
  spool.append(output(11));
});

test('nobody else can read it, and once everything is taken nothing of it is left', () => {
  const spool = Spool.create(root, header());
  spool.append(output(0));
  spool.keep({ epoch: 3 });
  const modes = readdirSync(spool.folder).map((name) => statSync(path.join(spool.folder, name)).mode & 0o777);
  expect(modes).toEqual([0o600, 0o600, 0o600]);
  spool.remove();
  expect(readdirSync(root)).toEqual([]);
});

test('a spool is its process’s until that ends, and then anybody’s', () => {
  const { folder } = Spool.create(root, header());
  const self = ownProcess();
  const owner = SpoolOwner.take(folder, self);
  expect(owner).not.toBeNull();
  expect(SpoolOwner.take(folder, { ...self, identity: { ...self.identity, pid: 1 } })).toBeNull();
  owner?.[Symbol.dispose]();
  // A process of this number runs, and is another one.
  writeFileSync(path.join(folder, 'owner.json'), JSON.stringify({ ...self.identity, startedAt: '1' }));
  expect(SpoolOwner.take(folder, self)).not.toBeNull();
});

test('of two that find the same owner gone only one has it, however close they are', () => {
  const { folder } = Spool.create(root, header());
  const self = ownProcess();
  const gone = { ...self.identity, startedAt: '1' };
  writeFileSync(path.join(folder, 'owner.json'), JSON.stringify(gone));
  const one = { ...self, identity: { ...self.identity, pid: 1 } };
  const owners: (SpoolOwner | null)[] = [];
  // While this one looks whether the owner runs, the other takes its place.
  const runs = (): boolean => {
    owners.push(SpoolOwner.take(folder, one));
    return false;
  };
  owners.push(SpoolOwner.take(folder, { ...self, runs }));
  expect(owners).toEqual([expect.any(SpoolOwner), null]);
  expect(JSON.parse(readFileSync(path.join(folder, 'owner.json'), 'utf8'))).toEqual(one.identity);
  expect(readdirSync(folder).filter((name) => name.startsWith('owner'))).toEqual(['owner.json']);
});

test('an owner that is just being written is there, and one that was torn long ago is not', () => {
  const { folder } = Spool.create(root, header());
  const file = path.join(folder, 'owner.json');
  writeFileSync(file, '');
  expect(SpoolOwner.take(folder, ownProcess())).toBeNull();
  utimesSync(file, 1, 1);
  expect(SpoolOwner.take(folder, ownProcess())).not.toBeNull();
});

const segmentsOf = ({ folder }: Spool): readonly string[] =>
  readdirSync(folder).filter((name) => name.endsWith('.events'));
