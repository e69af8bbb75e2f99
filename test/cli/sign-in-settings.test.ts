import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import type { SignInSettings } from '../../src/api/settings.ts';
import { readSignInSettings, signInOptions, type SignInOptions } from '../../src/cli/sign-in-settings.ts';
import { startServerProcess, temporaryFolder } from './program.ts';

const read = (
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  trustedProxies: readonly string[] = [],
) => {
  const command = new Command('serve').exitOverride().configureOutput({ writeErr: () => {} });
  for (const option of signInOptions()) command.addOption(option);
  command.parse(words, { from: 'user' });
  return readSignInSettings({ ...command.opts<SignInOptions>(), trustedProxies }, environment);
};

const client = ['--oidc-issuer', 'https://id.example.org', '--oidc-client-id', 'reeltime'];
const mapping = ['--role-of-group', 'secops=ADMIN,cn=a=VIEWER'];
const proxy = ['--proxy-user-header', 'X-Forwarded-User', '--proxy-groups-header', 'X-Forwarded-Groups'];

test('told nothing, the server knows tokens alone', () => {
  const nothing: SignInSettings = { openId: null, proxyIdentity: null, roleOfGroup: new Map() };
  expect(read([])).toEqual(nothing);
});

test('an OpenID client is its issuer, its id, and a secret from the environment or a file', async () => {
  const roleOfGroup = new Map([
    ['secops', 'ADMIN'],
    ['cn=a', 'VIEWER'],
  ]);
  const openId = {
    issuer: 'https://id.example.org',
    clientId: 'reeltime',
    groupsClaim: 'groups',
    bearerAudience: null,
  };
  const found = { openId: { ...openId, clientSecret: 's3cret' }, proxyIdentity: null, roleOfGroup };
  expect(read([...client, ...mapping], { REELTIME_OIDC_CLIENT_SECRET: 's3cret' })).toEqual(found);
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'secret');
  await writeFile(file, 's3cret\n');
  expect(read([...client, ...mapping, '--oidc-client-secret-file', file])).toEqual(found);
  expect(read([...client, ...mapping]).openId?.clientSecret).toBeNull();
  expect(read(['--oidc-issuer', 'http://127.0.0.1:9/', '--oidc-client-id', 'x', ...mapping]).openId).not.toBeNull();
});

test('identity headers have lower-case names, and proxies that are trusted', () => {
  expect(read([...proxy, ...mapping], {}, ['10.0.0.1']).proxyIdentity).toEqual({
    userHeader: 'x-forwarded-user',
    groupsHeader: 'x-forwarded-groups',
  });
});

test.each([
  [[...client], 'nobody would have a role'],
  [['--oidc-issuer', 'https://id.example.org', ...mapping], '--oidc-client-id'],
  [['--oidc-client-id', 'x', ...mapping], '--oidc-issuer'],
  [['--oidc-issuer', 'http://id.example.org'], 'https URL'],
  [['--oidc-issuer', 'http://127.0.0.1.evil.example'], 'https URL'],
  [['--oidc-issuer', 'id.example.org'], 'https URL'],
  [[...client, ...mapping, '--oidc-client-secret-file', '/nowhere'], 'cannot be read'],
  [[...proxy, ...mapping], '--trusted-proxies'],
  [[...proxy.slice(0, 2), ...mapping], 'need one another'],
  [['--proxy-user-header', 'a', '--proxy-groups-header', 'A', ...mapping], 'two headers'],
  [['--proxy-user-header', 'Authorization'], 'name of a header'],
  [['--role-of-group', 'secops'], 'GROUP=ROLE'],
  [['--role-of-group', 'secops=ROOT'], 'GROUP=ROLE'],
  [['--role-of-group', 'gateways=PRODUCER'], 'GROUP=ROLE'],
  [['--role-of-group', '=ADMIN'], 'GROUP=ROLE'],
  [['--role-of-group', 'a=ADMIN,a=VIEWER'], 'twice'],
] as const)('%j is refused, and the message says what would do', (words, message) => {
  expect(() => read(words)).toThrow(message);
});

test('two secrets for one client are a mistake somebody made', () => {
  const words = [...client, ...mapping, '--oidc-client-secret-file', '/nowhere'];
  expect(() => read(words, { REELTIME_OIDC_CLIENT_SECRET: 'x' })).toThrow('and not both');
});

test('serve takes them, and starts while the provider is down', async () => {
  await using folder = await temporaryFolder();
  const env = {
    // Nobody listens there.
    REELTIME_OIDC_ISSUER: 'http://127.0.0.1:9',
    REELTIME_OIDC_CLIENT_ID: 'reeltime',
    REELTIME_OIDC_CLIENT_SECRET: 's3cret',
    REELTIME_ROLE_OF_GROUP: 'secops=ADMIN',
  };
  await using server = await startServerProcess(folder.path, [], { env });
  expect(await (await fetch(`${server.url}/sign-in`)).text()).toContain('href="/sign-in/openid');
  expect((await fetch(`${server.url}/sign-in/openid`)).status).toBe(503);
});
