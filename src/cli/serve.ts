import { once } from 'node:events';
import path from 'node:path';
import { startServer } from '../api/server.ts';
import { provideAdminToken } from './admin-token.ts';
import { version } from './assets.ts';
import { openInstallation } from './compose.ts';
import { dataFolderAt, type DataFolder } from './data-folder.ts';
import { startDemo } from './demo.ts';
import { makeLog } from './log.ts';
import { newToken, secrets } from './secrets.ts';
import { writeServerFile } from './server-file.ts';
import type { Listen, LogLevel } from './settings.ts';

export type ServeOptions = {
  readonly data: string;
  readonly listen: Listen;
  readonly logLevel: LogLevel;
  readonly adminTokenFile?: string;
  readonly demo?: boolean;
};

/** Serves a data folder until it is told to stop. Everything that was acknowledged is on disk at any moment of it. */
export const serve = async (options: ServeOptions, signal: AbortSignal): Promise<void> => {
  const log = makeLog(options.logLevel);
  const folder = dataFolderAt(options.data);
  await using stack = new AsyncDisposableStack();
  const installation = stack.use(await openInstallation(folder, log));
  const settings = { token: process.env['REELTIME_ADMIN_TOKEN'] ?? null, file: options.adminTokenFile ?? null };
  const adminToken = await provideAdminToken(folder, settings, installation.writer);
  if (adminToken.isShort) log('warn', 'the admin token is so short that it may be guessed', {});
  if (adminToken.revoked !== null) log('warn', `the admin token was revoked: ${adminToken.revoked}`, {});
  const processToken = newToken();
  const server = stack.use(
    await startServer({
      ...installation,
      clock: () => Date.now(),
      version: version(),
      listen: options.listen,
      processTokenSha256: secrets.sha256(processToken),
      log,
      ready: async () => installation.space.shortage,
    }),
  );
  stack.use(writeServerFile(folder, { url: server.url, token: processToken, pid: process.pid }));
  if (options.demo === true) stack.use(await startDemo(installation, log));
  process.stdout.write(`${greeting(folder, server.url, adminToken.shell)}listening on ${server.url}\n`);
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
