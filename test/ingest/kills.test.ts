import { afterAll, beforeAll, expect, test } from 'vitest';
import { AuditTrail } from '../../src/ingest/audit-trail.ts';
import { Kills } from '../../src/ingest/kills.ts';
import { seesAll } from '../../src/model/access.ts';
import { Forbidden, InvalidInput } from '../../src/model/errors.ts';
import { TEXT_LENGTH_MAX } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import { roles, type Caller, type Role } from '../../src/model/viewer.ts';
import { openFeed } from '../store/feeding.ts';
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
  kills = new Kills({ writer: opened.writer, audit, clock });
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
