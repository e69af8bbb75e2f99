import path from 'node:path';
import { expect } from 'vitest';
import { importSources } from '../../src/cli/import-sources.ts';
import { NotARecording } from '../../src/format/asciicast/not-a-recording.ts';
import { formatOf, importFile } from '../../src/imports/import-file.ts';
import { seesAll } from '../../src/model/access.ts';
import { everySession } from '../../src/model/session-filter.ts';
import { corpusDir, corpusTest } from '../require.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';
import { importParts, noDefaults } from './importing.ts';

/** What became of a folder's files. */
type Counts = { imported: number; sessions: number; events: number; skipped: number };
type Outcome = { readonly format: string | null; readonly counts: Counts; readonly refused: readonly string[] };

const importFolder = async (
  opened: OpenedFolder,
  folder: string,
): Promise<Outcome & { readonly statuses: readonly string[] }> => {
  const counts: Counts = { imported: 0, sessions: 0, events: 0, skipped: 0 };
  const statuses: string[] = [];
  const refused: string[] = [];
  let format: string | null = null;
  const parts = { ...importParts(opened.intake), clock: () => 0 };
  const given = { defaults: noDefaults, signal: new AbortController().signal, timeZone: 'UTC' };
  for await (const source of importSources([path.join(corpusDir ?? '', folder)], () => {})) {
    if ('error' in source) throw new Error(`${source.name}: ${source.error}`);
    try {
      const imported = await importFile(parts, formatOf(await source.head()), source, given);
      counts.imported += 1;
      counts.sessions += imported.sessions;
      counts.events += imported.events;
      counts.skipped += imported.skipped.count;
      statuses.push(imported.status);
      expect({ file: source.name, refused: imported.refused.first }).toEqual({ file: source.name, refused: [] });
      expect([null, imported.format]).toContain(format);
      format = imported.format;
    } catch (error) {
      if (!(error instanceof NotARecording)) throw error;
      refused.push(`${source.fileName.replace(/__.*/, '')}: ${error.message}`);
    }
  }
  return { format, counts, refused, statuses };
};

const unknown = 'no format that this program knows';
const unknownOnes = (names: string): readonly string[] => names.split(' ').map((name) => `${name}: ${unknown}`);
const nothing: Counts = { imported: 0, sessions: 0, events: 0, skipped: 0 };

/** By folder. Refused are logs of other programs, and one that has nothing but ends of sessions. */
const expected: readonly (readonly [folder: string, outcome: Outcome])[] = [
  [
    'k8s-audit',
    {
      format: 'kubernetes-audit',
      counts: { imported: 49, sessions: 49, events: 108, skipped: 0 },
      refused: unknownOnes('fal_01_003.json'),
    },
  ],
  [
    'ssh-auth',
    {
      format: 'sshd',
      counts: { imported: 13, sessions: 124, events: 0, skipped: 0 },
      refused: [
        ...unknownOnes('cowrie-logs cowrie_telnet-bf dropbear-logs endlessh-logs endlessh-syslogs pam-logs sftpgo-bf'),
        ...unknownOnes('sftpgo-impossible-travel sftpgo-logs'),
        'sshd-logs-fp: there is no session in it',
        ...unknownOnes('sshesame'),
      ],
    },
  ],
  ['ssh-banners', { format: null, counts: nothing, refused: unknownOnes('xml') }],
  ['teleport-audit', { format: 'teleport', counts: { imported: 4, sessions: 10, events: 1, skipped: 8 }, refused: [] }],
  [
    'http-access',
    {
      format: 'web-access',
      counts: { imported: 36, sessions: 131, events: 1674, skipped: 28 },
      refused: unknownOnes('haproxy-logs haproxy-nextcloud-whitelist http-magento-bf nginx_req_limit_exceeded'),
    },
  ],
  [
    'access-gateway',
    {
      format: null,
      counts: nothing,
      refused: [
        ...unknownOnes('apache-guacamole-logs apache-guacamole_bf apache-guacamole_user_enum apereo-cas-audit-logs'),
        ...unknownOnes('apereo-cas-bf apereo-cas-slow-bf authelia-logs authentik-logs kasm-bruteforce kasm'),
        ...unknownOnes('keycloak-bf keycloak-logs keycloak-slow-bf openvpn-bf openvpn opnsense-gui-auth'),
        ...unknownOnes('pfsense-gui-auth proxmox-backup-auth-bf proxmox-backup-auth-logs proxmox-bf proxmox-logs'),
        ...unknownOnes('vaultwarden-logs wireguard-auth wireguard-logs'),
      ],
    },
  ],
  [
    'host-audit',
    {
      format: null,
      counts: nothing,
      refused: unknownOnes(
        'auditd-base64-exec auditd-logs auditd-postexploit-exec-from-net auditd-postexploit-rm auditd-suid-crash',
      ),
    },
  ],
  [
    'lists',
    { format: null, counts: nothing, refused: unknownOnes('ips-geo.tsv ssh-version-strings.tsv user-agents.tsv') },
  ],
  [
    'db-mixed',
    {
      format: 'postgresql',
      counts: { imported: 3, sessions: 15, events: 0, skipped: 0 },
      refused: unknownOnes(
        'couchdb-logs mariadb-bf mariadb-logs mongodb-bf mongodb-logs mssql-text-logs mysql-bf mysql-logs',
      ),
    },
  ],
];

corpusTest.for(expected)(
  'every log of %s is taken in, or refused for a reason that is named; and again all of it is known',
  async ([folder, outcome]) => {
    await using temporary = await temporaryFolder();
    await using opened = await openFolder(temporary.path, { clock: { nowMs: Date.UTC(2100, 0) } });
    const state = async (): Promise<readonly unknown[]> => {
      await opened.closer.settled();
      return [await opened.catalog.countSessions(seesAll, everySession, 100_000), await opened.catalog.revision()];
    };
    const { statuses: _, ...first } = await importFolder(opened, folder);
    expect(first).toEqual(outcome);
    const before = await state();
    const { statuses, ...again } = await importFolder(opened, folder);
    expect(again).toEqual(outcome);
    expect(statuses.every((status) => status === 'known')).toBe(true);
    expect(await state()).toEqual(before);
    expect(opened.failures).toEqual([]);
  },
);
