import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { edgeLimits, type EdgeLimits } from '../../src/api/edge-limits.ts';
import { Metrics } from '../../src/api/metrics.ts';
import type { ApiParts } from '../../src/api/parts.ts';
import { startServer } from '../../src/api/server.ts';
import type { NetworkSettings, SignInSettings } from '../../src/api/settings.ts';
import { dataFolderAt } from '../../src/cli/data-folder.ts';
import { openInstallation, type Installation } from '../../src/cli/compose.ts';
import { secrets } from '../../src/cli/secrets.ts';
import { processActor } from '../../src/model/audit.ts';
import type { Producer } from '../../src/model/intake.ts';
import {
  CONNECTIONS_MAX,
  REQUESTS_PER_SECOND_MAX,
  WEBSOCKETS_PER_ADDRESS_MAX,
  WEBSOCKETS_PER_ACCOUNT_MAX,
} from '../../src/model/limits.ts';
import { tokenText } from '../../src/model/token.ts';
import { type Role, roles } from '../../src/model/viewer.ts';

export const producer: Producer = { producer: 'tests', actor: 'a test' };

/** Made for this run; each of a token that the catalog knows, and `local` of the process. */
export type Tokens = Readonly<Record<Role | 'local' | 'expired', string>>;

export type Logged = {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** A whole server on a port of its own, over a data folder of its own. Disposing stops it and deletes the folder. */
export type Running = AsyncDisposable & {
  readonly url: string;
  readonly localUrl: string;
  readonly tokens: Tokens;
  readonly installation: Installation;
  readonly logged: Logged[];
  /** Stops the server alone. */
  readonly stop: () => Promise<void>;
};

export const hashOf = secrets.sha256;

/** As a server has it that was told nothing. */
export const network: NetworkSettings = {
  listen: { host: '127.0.0.1', port: 0 },
  tls: null,
  publicUrl: null,
  trustedProxies: [],
  allowedOrigins: [],
  requestsPerSecondMax: REQUESTS_PER_SECOND_MAX,
  socketsPerAccountMax: WEBSOCKETS_PER_ACCOUNT_MAX,
  socketsPerAddressMax: WEBSOCKETS_PER_ADDRESS_MAX,
  connectionsMax: CONNECTIONS_MAX,
};

export const signing: SignInSettings = { openId: null, proxyIdentity: null, roleOfGroup: new Map() };

/** Puts a token of every role, and one that is over, into the catalog. */
const makeTokens = async ({ writer }: Installation): Promise<Tokens> => {
  const names = [...roles, 'expired', 'local'] as const;
  const made: [string, string][] = [];
  for (const name of names) {
    const tokenId = secrets.tokenId();
    const text = tokenText(tokenId, secrets.secret());
    made.push([name, text]);
    if (name === 'local') continue;
    await writer.putToken({
      tokenId,
      name,
      role: name === 'expired' ? 'ADMIN' : name,
      producer: name === 'PRODUCER' ? 'tests' : null,
      createdAtMs: Date.now(),
      expiresAtMs: name === 'expired' ? 1000 : null,
      sha256: hashOf(text),
      actor: processActor,
    });
  }
  return Object.fromEntries(made) as Tokens;
};

/**
 * @param change what the server is handed instead of the real thing
 * @param limits what it has other than usual of what it waits for, and takes
 */
export const startTestServer = async (
  change: (parts: ApiParts) => Partial<ApiParts> = () => ({}),
  limits: Partial<EdgeLimits> = {},
): Promise<Running> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'reeltime-api-'));
  const logged: Logged[] = [];
  const log: ApiParts['log'] = (level, message, fields) => void logged.push({ level, message, fields });
  const installation = await openInstallation(dataFolderAt(folder), log);
  const tokens = await makeTokens(installation);
  const parts: ApiParts = {
    ...installation,
    clock: () => Date.now(),
    version: '0.0.0-test',
    network,
    metrics: new Metrics(),
    signing,
    graphql: { trustedDocuments: null },
    processTokenSha256: hashOf(tokens.local),
    log,
    ready: async () => installation.space.shortage,
  };
  const server = await startServer({ ...parts, ...change(parts) }, { ...edgeLimits, ...limits });
  let stopped: PromiseLike<void> | null = null;
  const stop = async (): Promise<void> => {
    stopped ??= server[Symbol.asyncDispose]();
    await stopped;
  };
  return {
    url: server.url,
    localUrl: server.localUrl,
    tokens,
    installation,
    logged,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await installation[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
