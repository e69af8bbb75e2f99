import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AuditTrail, REFUSALS_MAX } from '../../src/ingest/audit-trail.ts';
import type { AuditActor, AuditEntry } from '../../src/model/audit.ts';
import { Unavailable } from '../../src/model/errors.ts';
import { AUDIT_WINDOW_MS } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';
import { anActor } from '../store/writes.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let sinceMs: number;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
beforeEach(() => {
  opened.clock.nowMs += 10 * AUDIT_WINDOW_MS;
  sinceMs = opened.clock.nowMs;
});

const trailWith = (onFailure: (error: unknown) => void = (error) => expect.fail(String(error))): AuditTrail =>
  new AuditTrail({ writer: opened.writer, clock: () => opened.clock.nowMs, onFailure });

/** What this test told, oldest first. */
const told = async (trail: AuditTrail): Promise<readonly AuditEntry[]> => {
  // Writes are kept in the order of their calls: after this one those before it are there.
  await trail.tell(anActor, 'sign-out', null);
  const filter = {
    actor: null,
    actions: ['access.refused', 'sign-in.refused'],
    target: null,
    fromMs: sinceMs,
    beforeMs: null,
  };
  return (await opened.catalog.auditEntries(filter, firstPage(1000))).items.toReversed();
};

const by = (change: Partial<AuditActor>): AuditActor => ({ ...anActor, ...change });

test('an entry is on disk when telling it resolves, and a failure is the caller’s to know', async () => {
  const trail = trailWith();
  await trail.tell(anActor, 'searched', null, { words: 'x' });
  const filter = { actor: null, actions: ['searched'], target: null, fromMs: sinceMs, beforeMs: null };
  expect((await opened.catalog.auditEntries(filter, firstPage(1))).items).toMatchObject([{ details: { words: 'x' } }]);
  const broken = trail.tell(by({ name: 7 as never }), 'searched', null);
  await expect(broken).rejects.toThrow(Unavailable);
});

test('a refusal is told once in its time for each caller and thing, and the next says how many were passed over', async () => {
  const trail = trailWith();
  const refuse = (): void => trail.tellRefusal(anActor, 'access.refused', 'GET /metrics');
  for (let index = 0; index < 4; index += 1) refuse();
  trail.tellRefusal(anActor, 'access.refused', 'killSession');
  trail.tellRefusal(by({ credential: 'token other' }), 'access.refused', 'GET /metrics');
  opened.clock.nowMs += AUDIT_WINDOW_MS;
  refuse();
  refuse();
  expect((await told(trail)).map(({ details, credential }) => [credential, details])).toEqual([
    [anActor.credential, { what: 'GET /metrics' }],
    [anActor.credential, { what: 'killSession' }],
    ['token other', { what: 'GET /metrics' }],
    [anActor.credential, { what: 'GET /metrics', passedOver: 3 }],
  ]);
});

test('who is not known is told apart by address, whatever token they try', async () => {
  const trail = trailWith();
  for (const credential of ['token a', 'token b', 'none']) {
    trail.tellRefusal(by({ credential }), 'sign-in.refused', 'token');
    trail.tellRefusal(by({ credential, ip: '198.51.100.1' }), 'sign-in.refused', 'token');
  }
  for (const ip of ['192.0.2.1', '192.0.2.2']) {
    trail.tellRefusal(by({ credential: 'none', ip }), 'access.refused', 'token');
    trail.tellRefusal(by({ credential: 'none', ip }), 'access.refused', 'token');
  }
  expect((await told(trail)).map(({ action, ip }) => [action, ip])).toEqual([
    ['sign-in.refused', anActor.ip],
    ['sign-in.refused', '198.51.100.1'],
    ['access.refused', '192.0.2.1'],
    ['access.refused', '192.0.2.2'],
  ]);
});

test('however many addresses there are, entries and memory are bounded; later ones have their turn', async () => {
  const trail = trailWith();
  const entryCount = async (): Promise<number> => {
    await told(trail);
    return (await opened.catalog.verifyAudit(null, () => {}, new AbortController().signal)).entryCount;
  };
  const before = await entryCount();
  for (let index = 0; index < REFUSALS_MAX + 500; index += 1) {
    trail.tellRefusal(by({ ip: `2001:db8:${index.toString(16)}::1` }), 'sign-in.refused', 'token');
  }
  // One for all that had no room, and the one of looking.
  expect(await entryCount()).toBe(before + REFUSALS_MAX + 2);
  opened.clock.nowMs += AUDIT_WINDOW_MS;
  trail.tellRefusal(by({ ip: '2001:db9:1::' }), 'sign-in.refused', 'token');
  expect(await entryCount()).toBe(before + REFUSALS_MAX + 4);
});

test('strangers, however many, keep no refusal of a known caller out of the log; a whole network is one of them', async () => {
  const trail = trailWith();
  for (let index = 0; index < REFUSALS_MAX + 100; index += 1) {
    trail.tellRefusal(by({ ip: `2001:dba:${index.toString(16)}::1` }), 'sign-in.refused', 'token');
    trail.tellRefusal(by({ ip: `2001:dbb::${index.toString(16)}` }), 'sign-in.refused', 'token');
  }
  trail.tellRefusal(by({ credential: 'token 0123456789ab', name: 'a known caller' }), 'access.refused', 'kill');
  await told(trail);
  const of = async (actor: string | null, ip: string | null): Promise<number> => {
    const filter = { actor, actions: null, target: null, fromMs: null, beforeMs: null };
    const { items } = await opened.catalog.auditEntries(filter, firstPage(10_000));
    return items.filter((entry) => ip === null || entry.ip?.startsWith(ip) === true).length;
  };
  expect(await of('a known caller', null)).toBe(1);
  expect(await of(null, '2001:dbb:')).toBe(1);
});

test('a refusal that cannot be written is told to whoever runs the server, and to nobody else', async () => {
  const failures: unknown[] = [];
  const trail = trailWith((error) => failures.push(error));
  trail.tellRefusal(by({ name: 7 as never }), 'access.refused', 'x');
  await told(trail);
  expect(failures).toMatchObject([expect.any(Unavailable)]);
});
