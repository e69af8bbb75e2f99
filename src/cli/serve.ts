import { once } from 'node:events';
import { statSync } from 'node:fs';
import path from 'node:path';
import { Metrics, type Watched } from '../api/metrics.ts';
import type { ApiParts, Log } from '../api/parts.ts';
import { type RunningServer, startServer } from '../api/server.ts';
import { processActor } from '../model/audit.ts';
import { type AdminToken, provideAdminToken } from './admin-token.ts';
import { geoipFilesBeside, version } from './assets.ts';
import { openInstallation, type Installation } from './compose.ts';
import { dataFolderAt, type DataFolder } from './data-folder.ts';
import { startDemo } from './demo.ts';
import { type FeedingOptions, feedingSettings } from './feeding-settings.ts';
import { keptSettings, type ServedSettings } from './kept-settings.ts';
import { makeLog } from './log.ts';
import { exposure, type NetworkOptions, readNetworkSettings } from './network-settings.ts';
import { newToken, secrets } from './secrets.ts';
import { writeServerFile } from './server-file.ts';
import type { LogLevel } from './settings.ts';
import { readSignInSettings, type SignInOptions } from './sign-in-settings.ts';
import { GeoipFiles } from './geoip-files.ts';
import { BESIDE_ATTRIBUTION, type GeoipOptions, geoipPaths } from './geoip-settings.ts';
import type { Location } from '../model/session.ts';
import { TlsRenewal } from './tls-files.ts';
import { readTrustedDocuments, type TrustedDocumentsOptions } from './trusted-documents.ts';

export type ServeOptions = NetworkOptions &
  FeedingOptions &
  Omit<SignInOptions, 'trustedProxies'> &
  TrustedDocumentsOptions &
  GeoipOptions & {
    readonly data: string;
    readonly logLevel: LogLevel;
    readonly adminTokenFile?: string;
    readonly demo?: boolean;
  };

/** @throws UsageError saying which setting is wrong, before anything is opened */
const readSettings = (options: ServeOptions): ServedSettings => ({
  network: readNetworkSettings(options),
  signing: readSignInSettings(options, process.env),
  feeding: feedingSettings(options),
  graphql: readTrustedDocuments(options),
});

/** A demo shows places when somebody has put the files beside it. @throws UsageError */
const openGeoip = (options: ServeOptions, log: Log): GeoipFiles => {
  const paths = geoipPaths(options);
  const beside = paths.length === 0 && options.demo === true ? geoipFilesBeside() : [];
  if (beside.length > 0) log('info', BESIDE_ATTRIBUTION, {});
  return new GeoipFiles([...paths, ...beside], log);
};

/** Lines of JSON; for somebody before a terminal, lines for people. */
const openLog = async (level: LogLevel): Promise<Log> => {
  if (!process.stderr.isTTY) return makeLog(level);
  const { terminalLines } = await import('./terminal-lines.ts');
  return makeLog(
    level,
    terminalLines((text) => void process.stderr.write(text)),
  );
};

/** What people should know of before somebody else does. */
const warn = (log: Log, { network }: ServedSettings, adminToken: AdminToken): void => {
  if (adminToken.isShort) log('warn', 'the admin token is so short that it may be guessed', {});
  if (adminToken.revoked !== null) log('warn', `the admin token was revoked: ${adminToken.revoked}`, {});
  const exposed = exposure(network);
  if (exposed !== null) log('warn', exposed, {});
};

/** Who starts a server may set it up as they like: what they changed stands in the audit log. */
const keepSettings = ({ writer }: Installation, settings: ServedSettings): Promise<void> =>
  writer.keepSettings({
    settings: keptSettings(settings),
    atMs: Date.now(),
    actor: processActor,
  });

/** NOTE only its size is asked for: who opens and closes the file in this process drops SQLite's locks. */
const catalogLog = ({ catalog }: DataFolder): Watched => ({
  name: 'reeltime_catalog_wal_bytes',
  help: "Bytes of the file of the catalog's write-ahead log",
  read: () => statSync(`${catalog}-wal`, { throwIfNoEntry: false })?.size ?? 0,
});

const partsOf = (installation: Installation, settings: ServedSettings, processToken: string, log: Log): ApiParts => ({
  ...installation,
  ...settings,
  clock: () => Date.now(),
  version: version(),
  metrics: new Metrics([catalogLog(installation.folder)]),
  processTokenSha256: secrets.sha256(processToken),
  log,
  ready: async () => installation.space.shortage,
});

/** Looks after the certificate while the server runs; null without TLS. */
const renewing = (options: ServeOptions, { network }: ServedSettings, server: RunningServer, log: Log) =>
  network.tls === null
    ? null
    : new TlsRenewal({ files: options, current: network.tls, renew: (identity) => server.renewTls(identity), log });

/** Serves a data folder until it is told to stop. Everything that was acknowledged is on disk at any moment of it. */
export const serve = async (options: ServeOptions, signal: AbortSignal): Promise<void> => {
  const settings = readSettings(options);
  const log = await openLog(options.logLevel);
  const folder = dataFolderAt(options.data);
  await using stack = new AsyncDisposableStack();
  const geoip = stack.use(openGeoip(options, log));
  const locate = (ip: string): Location | null => geoip.locate(ip);
  const installation = stack.use(await openInstallation(folder, log, { ...settings.feeding, locate }));
  const given = { token: process.env['REELTIME_ADMIN_TOKEN'] ?? null, file: options.adminTokenFile ?? null };
  const adminToken = await provideAdminToken(folder, given, installation.writer);
  warn(log, settings, adminToken);
  await keepSettings(installation, settings);
  const processToken = newToken();
  const server = stack.use(await startServer(partsOf(installation, settings, processToken, log)));
  stack.use(renewing(options, settings, server, log));
  stack.use(writeServerFile(folder, { url: server.localUrl, token: processToken, pid: process.pid }));
  if (options.demo === true) stack.use(await startDemo(installation, log));
  const warning = exposure(settings.network);
  process.stdout.write(
    `${greeting(folder, server.url, adminToken.shell)}${warning === null ? '' : `WARNING ${warning}\n\n`}listening on ${server.url}\n`,
  );
  if (!signal.aborted) await once(signal, 'abort');
  log('info', 'stopping', {});
};

const query =
  '{ sessions(first: 5) { nodes { sessionId status user { identity } socket { name } startedAt duration } } }';

/** What a newcomer needs: each line can be pasted into a shell. */
const greeting = (folder: DataFolder, url: string, token: string): string => {
  const relative = path.relative(process.cwd(), folder.path);
  const shown = relative.startsWith('..') ? folder.path : relative;
  const header = `-H "x-access-token: ${token.replace(folder.path, shown)}"`;
  return `reeltime ${version()}
  data folder  ${folder.path}
  GraphiQL     ${url}/graphql
  REST         curl -s ${header} '${url}/api/v1/sessions?page_size=5'
  GraphQL      curl -s ${header} -H 'content-type: application/json' ${url}/graphql -d '${JSON.stringify({ query })}'

`;
};
