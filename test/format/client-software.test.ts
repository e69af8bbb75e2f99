import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { shortSoftware } from '../../src/format/client-software.ts';
import { corpusDir, corpusTest } from '../require.ts';

test.each([
  ['SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13', 'OpenSSH 9.6p1'],
  ['SSH-2.0-OpenSSH_for_Windows_7.7', 'OpenSSH for Windows 7.7'],
  ['SSH-2.0-PuTTY_Release_0.72', 'PuTTY 0.72'],
  ['SSH-2.0-libssh-0.6.3', 'libssh 0.6.3'],
  ['SSH-1.99-Cisco-1.25', 'Cisco 1.25'],
  ['SSH-2.0-Go', 'Go'],
  ['SSH-2.0-Data ONTAP SSH 1.0', 'Data ONTAP SSH 1.0'],
  ['curl/8.5.0', 'curl 8.5.0'],
  ['kubectl/v1.29.3 (linux/amd64) kubernetes/6813625', 'kubectl 1.29.3'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox 128 on Linux'],
  ['PostgreSQL JDBC Driver', 'PostgreSQL JDBC Driver'],
  ['', ''],
  ['SSH-2.0-', 'SSH-2.0-'],
])('%s is %s', (software, short) => {
  expect(shortSoftware(software)).toBe(short);
});

test('Whatever a client calls itself, the short form has at most 60 characters', () => {
  for (const software of ['x'.repeat(100_000), `SSH-2.0-${'a_'.repeat(10_000)}1`, `Mozilla/5.0 ${'('.repeat(5000)}`]) {
    expect(shortSoftware(software).length).toBeLessThanOrEqual(60);
  }
});

corpusTest('Every real client has a short form', () => {
  for (const list of ['ssh-version-strings.tsv', 'user-agents.tsv']) {
    const lines = readFileSync(path.join(corpusDir ?? '', 'lists', list), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    for (const line of lines) {
      const short = shortSoftware(line.split('\t')[1] ?? '');
      expect(short.length, line).toBeLessThanOrEqual(60);
      expect(short, line).not.toMatch(/^SSH-\d/);
    }
  }
});
