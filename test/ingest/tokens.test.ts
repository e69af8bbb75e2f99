import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secrets } from '../../src/cli/secrets.ts';
import { AuditTrail } from '../../src/ingest/audit-trail.ts';
import { Tokens } from '../../src/ingest/tokens.ts';
import { Conflict, Forbidden, InvalidInput, NotFound } from '../../src/model/errors.ts';
import { NAME_LENGTH_MAX, TOKEN_NAME_LENGTH_MAX } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import { tokenIdOf } from '../../src/model/token.ts';
import { type Caller, type Role, roles } from '../../src/model/viewer.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let tokens: Tokens;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path);
  const clock = (): number => opened.clock.nowMs;
  const audit = new AuditTrail({ writer: opened.writer, clock, onFailure: (error) => expect.fail(String(error)) });
  tokens = new Tokens({ writer: opened.writer, audit, clock, random: secrets });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const caller = (role: Role = 'ADMIN'): Caller => ({
  viewer: {
    name: 'ann',
    role,
    producer: null,
    expiresAtMs: null,
    credential: 'token 0123456789ab',
    account: 'token 0123456789ab',
  },
  ip: '192.0.2.1',
  client: 'a test',
  requestId: 'a request',
});

let count = 0;
const wish = (change: Partial<Parameters<Tokens['create']>[1]> = {}): Parameters<Tokens['create']>[1] => {
  count += 1;
  return { name: `token ${count}`, role: 'AUDITOR', producer: null, expiresAtMs: null, ...change };
};

describe('making a token', () => {
  test('shows its text once: the catalog has its SHA-256 alone, and the audit log neither name nor secret', async () => {
    const { token, text } = await tokens.create(
      caller(),
      wish({ name: 'somebody’s laptop', expiresAtMs: opened.clock.nowMs + 1 }),
    );
    expect(text).toMatch(/^rt_[0-9a-f]{12}_[\w-]{43}$/);
    expect(tokenIdOf(text)).toBe(token.tokenId);
    const kept = await opened.catalog.token(token.tokenId);
    expect(Buffer.from(kept?.sha256 ?? [])).toEqual(Buffer.from(secrets.sha256(text)));
    const filter = { actor: 'ann', actions: null, target: `token ${token.tokenId}`, fromMs: null, beforeMs: null };
    const told = await opened.catalog.auditEntries(filter, firstPage(10));
    expect(told.items).toMatchObject([
      { action: 'token.created', ip: '192.0.2.1', requestId: 'a request', details: { role: 'AUDITOR' } },
    ]);
    const words = JSON.stringify([kept?.token, told]);
    expect(words).not.toContain(text.slice(16));
    expect(JSON.stringify(told)).not.toContain('laptop');
  });

  test('a PRODUCER feeds under its own name unless told otherwise, and nobody else has a producer', async () => {
    expect((await tokens.create(caller(), wish({ name: 'gate', role: 'PRODUCER' }))).token.producer).toBe('gate');
    const second = await tokens.create(caller(), wish({ role: 'PRODUCER', producer: 'gate' }));
    expect(second.token.producer).toBe('gate');
    expect((await tokens.create(caller(), wish())).token.producer).toBeNull();
  });

  test.each(roles.filter((role) => role !== 'ADMIN'))('is not for %s, nor is revoking', async (role) => {
    await expect(tokens.create(caller(role), wish())).rejects.toThrow(Forbidden);
    const { token } = await tokens.create(caller(), wish());
    await expect(tokens.revoke(caller(role), token.tokenId)).rejects.toThrow(Forbidden);
    expect((await opened.catalog.token(token.tokenId))?.token.revokedAtMs).toBeNull();
  });

  test.each([
    ['name', { name: '' }, 'got 0'],
    ['name', { name: '  ' }, 'got 2'],
    ['name', { name: 'x'.repeat(TOKEN_NAME_LENGTH_MAX + 1) }, `1 to ${TOKEN_NAME_LENGTH_MAX}`],
    ['name', { name: 'a\nb' }, 'printable'],
    ['name', { name: 'a\u202eb' }, 'printable'],
    ['name', { name: 'half \ud800' }, 'printable'],
    ['name', { name: 'admin' }, 'the server itself'],
    ['producer', { producer: 'x' }, 'PRODUCER alone'],
    ['producer', { role: 'PRODUCER' as const, producer: '' }, '1 to'],
    ['producer', { role: 'PRODUCER' as const, producer: 'x'.repeat(NAME_LENGTH_MAX + 1) }, `${NAME_LENGTH_MAX}`],
    ['expiresAt', { expiresAtMs: 0 }, 'future'],
    ['expiresAt', { expiresAtMs: Number.NaN }, 'future'],
    ['expiresAt', { expiresAtMs: 1e300 }, 'future'],
  ])('refuses a wrong %s: %j', async (field, change, message) => {
    const refused = tokens.create(caller(), wish(change));
    await expect(refused).rejects.toThrow(InvalidInput);
    await expect(refused).rejects.toMatchObject({ field, message: expect.stringContaining(message) as string });
  });

  test('takes names at their limit, and of every script; a name is taken until its token is revoked', async () => {
    const name = 'Zoë 日本 🎈'.padEnd(TOKEN_NAME_LENGTH_MAX, '-');
    const { token } = await tokens.create(caller(), wish({ name }));
    expect(token.name).toBe(name);
    await expect(tokens.create(caller(), wish({ name }))).rejects.toThrow(Conflict);
    await tokens.revoke(caller(), token.tokenId);
    expect((await tokens.create(caller(), wish({ name }))).token.name).toBe(name);
  });
});

test('revoking an unknown token is NotFound', async () => {
  await expect(tokens.revoke(caller(), 'ffffffffffff')).rejects.toThrow(NotFound);
});

test('a use is remembered to the minute, and written once in it', async () => {
  const { token } = await tokens.create(caller(), wish());
  const written: number[] = [];
  const counting = new Tokens({
    writer: {
      createToken: (input) => opened.writer.createToken(input),
      revokeToken: (input) => opened.writer.revokeToken(input),
      markTokenUsed: (input) => {
        written.push(input.atMs);
        return opened.writer.markTokenUsed(input);
      },
    },
    audit: new AuditTrail({ writer: opened.writer, clock: () => nowMs, onFailure: () => {} }),
    clock: () => nowMs,
    random: secrets,
  });
  let nowMs = 600_000 + 59_999;
  for (let index = 0; index < 3; index += 1) counting.noteUse(token);
  nowMs += 1;
  counting.noteUse(token);
  nowMs += 59_999;
  counting.noteUse(token);
  expect(written).toEqual([600_000, 660_000]);
  await opened.writer.markTokenUsed({ tokenId: 'ffffffffffff', atMs: 0 });
  const used = (await opened.catalog.token(token.tokenId))?.token;
  expect(used?.lastUsedAtMs).toBe(660_000);
  // What the catalog has already is not written again, also not after a restart.
  const restarted: number[] = [];
  const again = new Tokens({
    writer: { ...opened.writer, markTokenUsed: async ({ atMs }) => void restarted.push(atMs) },
    audit: new AuditTrail({ writer: opened.writer, clock: () => nowMs, onFailure: () => {} }),
    clock: () => nowMs,
    random: secrets,
  });
  if (used !== undefined) again.noteUse(used);
  expect(restarted).toEqual([]);
});
