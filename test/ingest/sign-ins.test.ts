import { afterAll, beforeAll, expect, test } from 'vitest';
import { secrets } from '../../src/cli/secrets.ts';
import { AuditTrail } from '../../src/ingest/audit-trail.ts';
import { SignIns } from '../../src/ingest/sign-ins.ts';
import type { AuditActor } from '../../src/model/audit.ts';
import { Forbidden } from '../../src/model/errors.ts';
import { SIGN_IN_MS } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import { roles } from '../../src/model/viewer.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let signIns: SignIns;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path);
  const clock = (): number => opened.clock.nowMs;
  const onFailure = (error: unknown): never => {
    throw error;
  };
  const audit = new AuditTrail({ writer: opened.writer, clock, onFailure });
  signIns = new SignIns({ writer: opened.writer, audit, clock, random: secrets });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const actor: AuditActor = { name: 'ada', credential: 'openid', ip: '192.0.2.1', client: 'a browser', requestId: 'r' };
const ada = { tokenId: null, name: 'ada', role: 'AUDITOR', tokenExpiresAtMs: null } as const;

test('a sign-in lasts twelve hours, and its secret is kept as a hash alone', async () => {
  const { signIn, secret } = await signIns.begin(actor, ada);
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(signIn.expiresAtMs - signIn.createdAtMs).toBe(SIGN_IN_MS);
  expect(await opened.catalog.signIn(secrets.sha256(secret))).toEqual(signIn);
  expect(JSON.stringify(signIn)).not.toContain(secret);
});

test('it ends no later than its token', async () => {
  const tokenExpiresAtMs = opened.clock.nowMs + 1000;
  const { signIn } = await signIns.begin(actor, { ...ada, tokenExpiresAtMs });
  expect(signIn.expiresAtMs).toBe(tokenExpiresAtMs);
});

test('it can be ended, again and again, and both ends are on record', async () => {
  const { signIn, secret } = await signIns.begin(actor, ada);
  const credential = `sign-in ${signIn.signInId}`;
  const viewer = { ...ada, producer: null, expiresAtMs: null, credential, account: 'person ada' };
  const caller = { viewer, ip: null, client: null, requestId: 'r' };
  await signIns.end(caller, signIn.signInId);
  await signIns.end(caller, signIn.signInId);
  expect(await opened.catalog.signIn(secrets.sha256(secret))).toBeNull();
  const filter = { actor: 'ada', actions: null, target: `sign-in ${signIn.signInId}`, fromMs: null, beforeMs: null };
  const { items } = await opened.catalog.auditEntries(filter, firstPage(10));
  expect(items.map(({ action, details }) => ({ action, details }))).toEqual([
    { action: 'sign-out', details: null },
    { action: 'sign-in', details: { by: 'openid', role: 'AUDITOR' } },
  ]);
});

test.each(roles)('%s signs in, or is a program and does not', async (role) => {
  const begun = signIns.begin(actor, { ...ada, role });
  if (role === 'PRODUCER' || role === 'METRICS') await expect(begun).rejects.toThrow(Forbidden);
  else expect((await begun).signIn.role).toBe(role);
});
