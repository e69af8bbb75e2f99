import { readFile, rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { provideAdminToken } from '../../src/cli/admin-token.ts';
import { openInstallation } from '../../src/cli/compose.ts';
import { dataFolderAt } from '../../src/cli/data-folder.ts';
import { readMoment } from '../../src/cli/moment.ts';
import { UsageError } from '../../src/cli/exit-code.ts';
import { firstPage } from '../../src/model/page.ts';
import { secrets } from '../../src/cli/secrets.ts';
import { auditEntry, tokenWrite } from '../store/writes.ts';
import { runProgram, startServerProcess, temporaryFolder } from './program.ts';

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

const verbsOn =
  (data: string) =>
  (...words: readonly string[]) =>
    runProgram([...words, '--data', data]);

/** Makes a token, revokes it, and makes one that is refused. @returns the token's text */
const makeAndRevoke = async (run: ReturnType<typeof verbsOn>): Promise<string> => {
  const created = await run('token', 'create', "ann's laptop", '--role', 'AUDITOR', '--expires', '90d');
  // The secret alone is on standard output, and this once.
  expect(created.stdout).toMatch(/^rt_[0-9a-f]{12}_[\w-]{43}\n$/);
  expect(created.stderr).toContain('not shown again');
  const wrong = await run('token', 'create', 'ann \u202e laptop', '--role', 'AUDITOR');
  expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('printable') as string });
  const revoked = await run('token', 'revoke', "ann's laptop");
  expect(revoked).toMatchObject({ code: 0, stderr: `${created.stdout.slice(3, 15)} ann's laptop is revoked\n` });
  return created.stdout.trim();
};

/** What the audit log has of it. */
const expectTold = async (run: ReturnType<typeof verbsOn>, text: string): Promise<void> => {
  const target = `token ${text.slice(3, 15)}`;
  const actions = ['--action', 'token.created', 'token.revoked'];
  const audit = await run('audit', 'list', '--json', '--target', target, '--actor', 'local', ...actions);
  expect(lines(audit.stdout).map((line) => JSON.parse(line) as object)).toMatchObject([
    { action: 'token.revoked', target, actor: 'local', credential: 'process' },
    { action: 'token.created', target, actor: 'local' },
  ]);
  expect(audit.stdout).not.toContain(text.slice(16));
};

test('tokens and the audit log are looked after straight in the data folder, and a wrong head is found', async () => {
  await using folder = await temporaryFolder();
  const run = verbsOn(folder.path);
  {
    await using installation = await openInstallation(dataFolderAt(folder.path), () => {});
    await installation.writer.addAuditEntry(auditEntry({ actor: { ...auditEntry().actor, name: 'name\u001b[2J' } }));
  }
  const text = await makeAndRevoke(run);
  const [listed, audit, verified, unknown] = await Promise.all([
    run('token', 'list', '--json'),
    run('audit', 'list'),
    run('audit', 'verify'),
    run('token', 'revoke', "ann's laptop"),
    expectTold(run, text),
  ]);
  expect(JSON.parse(lines(listed.stdout)[0] ?? '')).toMatchObject({
    tokenId: text.slice(3, 15),
    role: 'AUDITOR',
    lastUsedAt: null,
  });
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('none that works') as string });
  expect(audit.stdout).toContain(String.raw`name\u{1b}[2J`);
  const head = /^all 3 entries hold\nhead (3:[0-9a-f]{64})\n$/.exec(verified.stdout)?.[1] ?? '';
  expect((await run('audit', 'forget', 'local')).code).toBe(0);
  const [again, wrong] = await Promise.all([
    run('audit', 'verify', '--head', head),
    run('audit', 'verify', '--head', `1:${'0'.repeat(64)}`),
  ]);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('all 4 entries hold') as string });
  expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('entry 1 ') as string });
});

test('and the same through the server that runs on it', async () => {
  await using folder = await temporaryFolder();
  await using _server = await startServerProcess(folder.path);
  const run = verbsOn(folder.path);
  await expectTold(run, await makeAndRevoke(run));
  expect(await run('audit', 'forget', 'local')).toMatchObject({ code: 0 });
  expect(await run('audit', 'forget', 'nobody')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('knows nobody') as string,
  });
});

test('what is wrong with a verb is said, with what would do', async () => {
  const refused = await Promise.all(
    [
      ['token', 'create', 'x'],
      ['token', 'mend'],
      ['audit', 'verify', '--head', '7'],
    ].map((words) => runProgram(words)),
  );
  expect(refused.map(({ code }) => code)).toEqual([2, 2, 2]);
  for (const [index, message] of ['--role', 'unknown command', 'POSITION:HASH'].entries()) {
    expect(refused[index]?.stderr).toContain(message);
  }
});

test('a moment is a time, or so long from now', () => {
  expect(readMoment(1)('2027-01-31T00:00:00Z')).toBe(Date.UTC(2027, 0, 31));
  expect(Math.abs(readMoment(1)('90d') - Date.now() - 90 * 86_400_000)).toBeLessThan(60_000);
  expect(Math.abs(readMoment(-1)('2h') - Date.now() + 7_200_000)).toBeLessThan(60_000);
  for (const text of ['', 'd', '90', '-1d', '1.5d', '9999999d', 'tomorrow'])
    expect(() => readMoment(1)(text)).toThrow('such as');
});

test('an admin token that was revoked stays so when the server starts again, until its file is deleted', async () => {
  await using folder = await temporaryFolder();
  const data = dataFolderAt(folder.path);
  const provide = async (settings = { token: null as string | null, file: null }) => {
    await using installation = await openInstallation(data, () => {});
    const provided = await provideAdminToken(data, settings, installation.writer);
    const working = (
      await installation.catalog.tokens({ limit: 10, backward: false, after: null, before: null })
    ).items.filter(({ revokedAtMs }) => revokedAtMs === null);
    for (const { tokenId } of working) {
      await installation.writer.revokeToken({ tokenId, atMs: 0, audit: auditEntry({ action: 'token.revoked' }) });
    }
    return { ...provided, working: working.map(({ tokenId, name }) => [tokenId, name]) };
  };
  const first = await provide();
  const text = await readFile(data.adminToken, 'utf8');
  expect(first).toMatchObject({ isNew: true, revoked: null, working: [[text.slice(3, 15), 'admin']] });
  expect(await provide()).toMatchObject({
    isNew: false,
    revoked: expect.stringContaining(data.adminToken) as string,
    working: [],
  });
  expect(
    await provide({ token: 'chosen by people, long', file: null }).catch(({ message }: Error) => message),
  ).toContain('white space');
  const chosen = { token: 'chosen-by-people-and-long', file: null };
  expect(await provide(chosen)).toMatchObject({ revoked: null, working: [['admin', 'admin']] });
  expect(await provide(chosen)).toMatchObject({ revoked: 'give another one', working: [] });
  await rm(data.adminToken);
  expect(await provide()).toMatchObject({ isNew: true, revoked: null });
});

test('who comes to be the admin at a start is on record, and nobody else’s token becomes the admin’s', async () => {
  await using folder = await temporaryFolder();
  const data = dataFolderAt(folder.path);
  await using installation = await openInstallation(data, () => {});
  const { catalog, writer } = installation;
  const give = (token: string) => provideAdminToken(data, { token, file: null }, writer);
  const told = async () => {
    const filter = { actor: 'local', actions: null, target: null, fromMs: null, beforeMs: null };
    const { items } = await catalog.auditEntries(filter, firstPage(100));
    return items.map(({ action, target, credential }) => `${action} ${target} by ${credential}`).toReversed();
  };
  await provideAdminToken(data, { token: null, file: null }, writer);
  const made = `token ${(await readFile(data.adminToken, 'utf8')).slice(3, 15)}`;
  for (const token of ['chosen-by-people-and-long', 'chosen-by-people-and-long', 'another-chosen-by-people'])
    await give(token);
  const entries = [
    `token.created ${made} by process`,
    `token.revoked ${made} by process`,
    'token.created token admin by process',
    'token.revoked token admin by process',
    'token.created token admin by process',
  ];
  expect(await told()).toEqual(entries);
  const { tokenId } = await writer.createToken(
    tokenWrite({ name: 'ann', role: 'VIEWER', sha256: secrets.sha256('rt_of-ann') }),
  );
  const refusal = await give('rt_of-ann').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(UsageError);
  expect(refusal).toMatchObject({ message: expect.not.stringContaining('of-ann') as string });
  expect((await catalog.token(tokenId))?.token).toMatchObject({ name: 'ann', role: 'VIEWER' });
  expect(await told()).toEqual(entries);
});
