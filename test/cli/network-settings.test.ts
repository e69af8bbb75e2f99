import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { keptSettings } from '../../src/cli/kept-settings.ts';
import { exposure, type NetworkOptions, networkOptions, readNetworkSettings } from '../../src/cli/network-settings.ts';
import { killRequestsDocument, producerDocuments, viewerDocument } from '../../src/client/producer-documents.ts';
import { accessDocuments } from '../../src/client/remote-access.ts';
import { readTrustedDocuments } from '../../src/cli/trusted-documents.ts';
import { network } from '../api/running.ts';
import { temporaryFolder } from './program.ts';

/** What the options make of these words. @throws CommanderError */
const optionsOf = (...words: string[]): NetworkOptions => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  for (const option of networkOptions()) command.addOption(option);
  return command.parse(words, { from: 'user' }).opts();
};

test('who says nothing is on loopback, without TLS, trusts no proxy and no other site', () => {
  expect(readNetworkSettings(optionsOf())).toEqual({ ...network, listen: { host: '127.0.0.1', port: 4800 } });
});

test('every setting has a name in the environment', () => {
  expect(networkOptions().map(({ envVar }) => envVar)).toEqual(
    networkOptions().map(({ long }) => `REELTIME_${(long ?? '').slice(2).toUpperCase().replaceAll('-', '_')}`),
  );
});

test('lists are divided by commas, and an URL loses its slash', () => {
  const options = optionsOf(
    '--trusted-proxies',
    '10.0.0.0/8, ::1,192.0.2.1',
    '--allowed-origins',
    'https://a.example,http://localhost:3000',
    '--public-url',
    'https://log.example/',
    '--connections',
    '7',
  );
  expect(readNetworkSettings(options)).toMatchObject({
    trustedProxies: ['10.0.0.0/8', '::1', '192.0.2.1'],
    allowedOrigins: ['https://a.example', 'http://localhost:3000'],
    publicUrl: 'https://log.example',
    connectionsMax: 7,
  });
});

describe('a value that is wrong is refused, and the message says which, and what would do', () => {
  test.for([
    ['--trusted-proxies', '10.0.0.0/8,proxy.example', 'proxy.example is neither an address nor a block'],
    ['--trusted-proxies', '10.0.0.0/33', '10.0.0.0/33 is neither an address nor a block'],
    ['--trusted-proxies', '10.0.0.0/', '10.0.0.0/ is neither an address nor a block'],
    ['--trusted-proxies', '0.0.0.0/0', '0.0.0.0/0 is everybody'],
    ['--trusted-proxies', '::/0', '::/0 is everybody'],
    ['--allowed-origins', '*', '* is no origin such as'],
    ['--allowed-origins', 'https://*.example.com', 'is no origin such as'],
    ['--allowed-origins', 'null', 'null is no origin such as'],
    ['--allowed-origins', 'https://a.example/', 'https://a.example/ is no origin such as'],
    ['--allowed-origins', 'a.example', 'a.example is no origin such as'],
    ['--public-url', 'https://log.example/behind', 'and nothing behind it'],
    ['--public-url', 'ftp://log.example', 'must be http or https'],
    ['--requests-per-second', '0', 'from 1 to 1000000'],
    ['--sockets-per-token', '1e3', 'from 1 to 1000000'],
    ['--sockets-per-address', '-1', 'from 1 to 1000000'],
    ['--connections', '1000001', 'from 1 to 1000000'],
  ] as const)('%s %s', ([flag, value, says]) => {
    expect(() => optionsOf(`${flag}=${value}`)).toThrow(says);
  });
});

test('whoever listens beyond this machine without TLS is warned, also behind a proxy', () => {
  const listen = (host: string) => ({ ...network, listen: { host, port: 0 } });
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) expect(exposure(listen(host))).toBeNull();
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'log.example']) {
    expect(exposure(listen(host))).toContain(`listening on ${host} without TLS`);
    expect(exposure({ ...listen(host), tls: { cert: '', key: '' } })).toBeNull();
    expect(exposure({ ...listen(host), trustedProxies: ['127.0.0.1'] })).toContain(`listening on ${host} without TLS`);
  }
});

test('settings are told without what is secret in them', () => {
  const openId = {
    issuer: 'https://id.example',
    clientId: 'reeltime',
    clientSecret: 'hidden-from-all',
    groupsClaim: 'groups',
    bearerAudience: null,
  };
  const kept = keptSettings({
    network: { ...network, tls: { cert: 'hidden-certificate', key: 'hidden-key' } },
    signing: {
      openId,
      proxyIdentity: null,
      roleOfGroup: new Map([
        ['ops', 'ADMIN'],
        ['audit', 'AUDITOR'],
      ]),
    },
    graphql: { trustedDocuments: null },
    feeding: { leaseMs: 60_000, resumeWindowMs: 36 * 3_600_000 },
  });
  expect(kept).toMatchObject({
    listen: '127.0.0.1:0',
    'role-of-group': 'audit=AUDITOR,ops=ADMIN',
    'oidc-client-secret': createHash('sha256').update('hidden-from-all').digest('hex').slice(0, 8),
    'trusted-documents': null,
    lease: '1m',
    'resume-window': '36h',
  });
  expect(JSON.stringify(kept)).not.toContain('hidden');
});

test('trusted documents are an array, or an object that has each under its own SHA-256', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'documents.json');
  const text = '{ viewer { name } }';
  const sha256 = createHash('sha256').update(text).digest('hex');
  const read = async (content: unknown): Promise<unknown> => {
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    const all = readTrustedDocuments({ trustedDocuments: file }).trustedDocuments ?? [];
    return new Map([...all].filter(([, document]) => !own.has(document)));
  };
  const own = new Set([
    ...Object.values(producerDocuments),
    ...Object.values(accessDocuments),
    killRequestsDocument,
    viewerDocument,
  ]);
  expect(readTrustedDocuments({}).trustedDocuments).toBeNull();
  expect(await read([text])).toEqual(new Map([[sha256, text]]));
  expect(await read({ [sha256.toUpperCase()]: text })).toEqual(new Map([[sha256, text]]));
  expect(await read([])).toEqual(new Map());
  await expect(read({ [sha256]: '{ other }' })).rejects.toThrow('has another SHA-256');
  await expect(read([1])).rejects.toThrow('must hold a JSON array of documents');
  await expect(read('no json')).rejects.toThrow('the trusted documents cannot be read from');
});
