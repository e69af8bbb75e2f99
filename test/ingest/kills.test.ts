import { afterAll, beforeAll, expect, test } from 'vitest';
import { AuditTrail } from '../../src/ingest/audit-trail.ts';
import { Kills } from '../../src/ingest/kills.ts';
import { seesAll } from '../../src/model/access.ts';
import { Forbidden, InvalidInput } from '../../src/model/errors.ts';
import { TEXT_LENGTH_MAX } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import { everySession } from '../../src/model/session-filter.ts';
import { roles, type Caller, type Role } from '../../src/model/viewer.ts';
import { aSession, openFeed } from '../store/feeding.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let kills: Kills;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path);
  const clock = (): number => opened.clock.nowMs;
  const audit = new AuditTrail({ writer: opened.writer, clock, onFailure: (error) => expect.fail(String(error)) });
  kills = new Kills({ catalog: opened.catalog, writer: opened.writer, audit, clock });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const caller = (role: Role): Caller => ({
  viewer: {
    name: `${role}'s name`,
    role,
    producer: role === 'PRODUCER' ? 'tests' : null,
    expiresAtMs: null,
    credential: `token ${role}`,
    account: `token ${role}`,
  },
  ip: '192.0.2.1',
  client: 'a test',
  requestId: `request of ${role}`,
});

test.each(roles)('%s may kill, or may not, and who it was is kept', async (role) => {
  const { sessionId } = await openFeed(opened);
  const asked = kills.request(caller(role), sessionId, 'because');
  if (role === 'ADMIN' || role === 'AUDITOR') {
    expect(await asked).toMatchObject({
      status: 'KILLING',
      kill: { requestedBy: `${role}'s name`, reason: 'because' },
    });
  } else {
    await expect(asked).rejects.toThrow(Forbidden);
    expect(await opened.catalog.session(seesAll, sessionId)).toMatchObject({ status: 'ACTIVE', kill: null });
  }
});

test('a reason has a limit, which is spoken', async () => {
  const { sessionId } = await openFeed(opened);
  const asked = kills.request(caller('ADMIN'), sessionId, 'x'.repeat(TEXT_LENGTH_MAX + 1));
  await expect(asked).rejects.toThrow(InvalidInput);
  await expect(asked).rejects.toThrow(`${TEXT_LENGTH_MAX}`);
  expect(await kills.request(caller('ADMIN'), sessionId, 'x'.repeat(TEXT_LENGTH_MAX))).toMatchObject({
    status: 'KILLING',
  });
});

const everyKill = { actor: null, actions: ['session.killed'], target: null, fromMs: null, beforeMs: null };

test('all that match are cut with one audit entry, which counts people and names none', async () => {
  const email = 'somebody.to.forget@example.com';
  const user = { ...aSession().user, email };
  const feeds = [await openFeed(opened, { user }), await openFeed(opened, { user }), await openFeed(opened)];
  const people = { userIdentities: [email], userEmails: [email], clientIps: ['192.0.2.0/24'] };
  const filter = { ...everySession, ...people, protocols: ['SSH' as const] };
  const wish = { filter, reason: 'incident', all: false, isDryRun: true };
  expect(await kills.requestAll(caller('AUDITOR'), wish)).toBe(2);
  expect(await kills.requestAll(caller('AUDITOR'), { ...wish, isDryRun: false })).toBe(2);
  const statuses = await Promise.all(feeds.map(({ sessionId }) => opened.catalog.session(seesAll, sessionId)));
  expect(statuses.map((session) => session?.status)).toEqual(['KILLING', 'KILLING', 'ACTIVE']);
  const [entry] = (await opened.catalog.auditEntries(everyKill, firstPage(1))).items;
  expect(entry).toMatchObject({
    actor: "AUDITOR's name",
    details: {
      reason: 'incident',
      filter: { userIdentities: 1, userEmails: 1, clientIps: 1, protocols: ['SSH'] },
      count: 2,
    },
  });
  expect(JSON.stringify(entry)).not.toContain('forget');
  expect(await kills.requestAll(caller('AUDITOR'), { ...wish, isDryRun: false })).toBe(0);
});

test.each(roles)('%s may cut all of them, or may not; everything is asked for by its name', async (role) => {
  const wish = { filter: everySession, reason: null, all: true, isDryRun: true };
  const asked = kills.requestAll(caller(role), wish);
  if (role === 'ADMIN' || role === 'AUDITOR') {
    expect(await asked).toBeGreaterThan(0);
    const unnamed = kills.requestAll(caller(role), { ...wish, all: false });
    await expect(unnamed).rejects.toMatchObject({ field: 'all' });
  } else await expect(asked).rejects.toThrow(Forbidden);
});

test('the first request alone stands in the audit log, with who asked, how they came and why', async () => {
  const { sessionId } = await openFeed(opened);
  await kills.request(caller('AUDITOR'), sessionId, 'because');
  await kills.request(caller('ADMIN'), sessionId, 'again');
  const told = await opened.catalog.auditEntries(
    { actor: null, actions: null, target: `session ${sessionId}`, fromMs: null, beforeMs: null },
    firstPage(10),
  );
  expect(told.items).toMatchObject([
    {
      action: 'session.killed',
      actor: "AUDITOR's name",
      credential: 'token AUDITOR',
      ip: '192.0.2.1',
      client: 'a test',
      requestId: 'request of AUDITOR',
      details: { reason: 'because' },
    },
  ]);
});
