import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { request } from 'node:https';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { readTlsFiles } from '../../src/cli/tls-files.ts';
import { projectRoot, runProgram, sample, startServerProcess, temporaryFolder } from './program.ts';

const certificates = path.join(projectRoot, 'test/cli/certificates');
const fileOf = (name: 'first' | 'second', kind: 'cert' | 'key'): string =>
  path.join(certificates, `${name}.${kind}.pem`);
const ca = (['first', 'second'] as const).map((name) => readFileSync(fileOf(name, 'cert')));

type Got = { readonly status: number | undefined; readonly body: string; readonly subject: string | undefined };

/** Asks over a connection of its own, trusting the two certificates of these tests alone. */
const get = async (url: string, headers: Readonly<Record<string, string>> = {}, protocol?: 'TLSv1.1'): Promise<Got> => {
  const versions = protocol === undefined ? {} : { minVersion: protocol, maxVersion: protocol };
  const sent = request(url, { ca, headers, agent: false, ...versions }).end();
  const [response] = await once(sent, 'response');
  const socket = response.socket as TLSSocket;
  const subject = String(socket.getPeerCertificate().subject.CN);
  return { status: response.statusCode, body: await text(response), subject };
};

test('with a certificate and its key it speaks TLS alone, and verbs of this machine come in all the same', async () => {
  await using folder = await temporaryFolder();
  const words = ['--tls-cert', fileOf('first', 'cert'), '--tls-key', fileOf('first', 'key')];
  await using server = await startServerProcess(folder.path, words);
  expect(server.url).toMatch(/^https:/);
  const token = { 'x-access-token': server.token };
  expect(await get(`${server.url}/api/v1/sessions`, token)).toMatchObject({ status: 200, subject: 'reeltime first' });
  await expect(get(server.url, {}, 'TLSv1.1')).rejects.toThrow();
  await expect(fetch(server.url.replace('https', 'http'))).rejects.toThrow('fetch failed');

  const imported = await runProgram(['import', '--json', '--data', folder.path, sample('fish-prompt-emoji.cast')]);
  expect(JSON.parse(imported.stdout)).toMatchObject({ status: 'imported' });

  const { url: localUrl } = JSON.parse(readFileSync(path.join(folder.path, 'server.json'), 'utf8')) as { url: string };
  expect(localUrl).toMatch(/^http:\/\/127\.0\.0\.1:/);
  const statuses = await Promise.all(
    [token, {}].map(async (headers) => (await fetch(`${localUrl}/api/v1/sessions`, { headers })).status),
  );
  // The admin's token, too, has no business on a door without TLS.
  expect(statuses).toEqual([403, 401]);
});

test('a server that is started with other settings tells which in the audit log, and nothing of the first start', async () => {
  await using folder = await temporaryFolder();
  const plain = await startServerProcess(folder.path);
  await plain[Symbol.asyncDispose]();
  const words = ['--tls-cert', fileOf('first', 'cert'), '--tls-key', fileOf('first', 'key'), '--connections', '7'];
  await using _secure = await startServerProcess(folder.path, words);
  const { stdout } = await runProgram(['audit', 'list', '--json', '--data', folder.path]);
  const told = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ action }) => action === 'setting.changed');
  expect(told.map(({ target }) => target).toSorted()).toEqual(['setting connections', 'setting tls-cert']);
  const certificate = createHash('sha256')
    .update(readFileSync(fileOf('first', 'cert'), 'utf8'))
    .digest('hex')
    .slice(0, 8);
  expect(told.map(({ details }) => details)).toEqual(
    expect.arrayContaining([
      { name: 'connections', before: '20000', after: '7' },
      { name: 'tls-cert', before: null, after: certificate },
    ]),
  );
});

test('a certificate that is renewed is taken at once on SIGHUP; one that is no good leaves the one before', async () => {
  await using folder = await temporaryFolder();
  const [cert, key] = [path.join(folder.path, 'cert.pem'), path.join(folder.path, 'key.pem')];
  await copyFile(fileOf('first', 'cert'), cert);
  await copyFile(fileOf('first', 'key'), key);
  await using server = await startServerProcess(path.join(folder.path, 'data'), ['--tls-cert', cert, '--tls-key', key]);
  const complaints = server.child.stderr;
  if (complaints === null) throw new Error('started without pipes');
  const subjectNow = async (): Promise<string | undefined> => (await get(`${server.url}/healthz`)).subject;

  let said = '';
  complaints.on('data', (piece: Buffer) => (said += piece.toString()));
  await copyFile(fileOf('second', 'cert'), cert);
  server.child.kill('SIGHUP');
  await expect.poll(() => said).toContain('the one before it stays');
  expect(await subjectNow()).toBe('reeltime first');

  await copyFile(fileOf('second', 'key'), key);
  server.child.kill('SIGHUP');
  await expect.poll(subjectNow).toBe('reeltime second');
});

test('files that are no pair are refused before anything is opened', async () => {
  await using folder = await temporaryFolder();
  const words = ['--tls-cert', fileOf('first', 'cert'), '--tls-key', fileOf('second', 'key')];
  const { code, stdout, stderr } = await runProgram(['serve', '--data', path.join(folder.path, 'data'), ...words]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('second.key.pem holds no key of the certificate in');
});

test('a refusal names the file, and what is wrong with it', () => {
  const [cert, key] = [fileOf('first', 'cert'), fileOf('first', 'key')];
  expect(readTlsFiles({})).toBeNull();
  expect(readTlsFiles({ tlsCert: cert, tlsKey: key })?.cert).toBe(readFileSync(cert, 'utf8'));
  const wrong = (tlsCert: string | undefined, tlsKey: string | undefined) => () =>
    readTlsFiles({ ...(tlsCert === undefined ? {} : { tlsCert }), ...(tlsKey === undefined ? {} : { tlsKey }) });
  expect(wrong(cert, undefined)).toThrow('--tls-cert and --tls-key need one another');
  expect(wrong(undefined, key)).toThrow('--tls-cert and --tls-key need one another');
  expect(wrong(key, key)).toThrow(`${key} holds no certificate that can be used`);
  expect(wrong(cert, cert)).toThrow(`${cert} holds no key of the certificate in ${cert}`);
  expect(wrong('nowhere.pem', key)).toThrow(
    "the certificate cannot be read: ENOENT: no such file or directory, open 'nowhere.pem'",
  );
});
