import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ApiParts } from '../../src/api/parts.ts';
import { startServer } from '../../src/api/server.ts';
import { dataFolderAt } from '../../src/cli/data-folder.ts';
import { openInstallation, type Installation } from '../../src/cli/compose.ts';
import type { Producer } from '../../src/model/intake.ts';
import type { Role } from '../../src/model/viewer.ts';

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
  readonly tokens: Tokens;
  readonly installation: Installation;
  readonly logged: Logged[];
  /** Stops the server alone. */
  readonly stop: () => Promise<void>;
};

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** @param change what the server is handed instead of the real thing */
export const startTestServer = async (
  change: (parts: ApiParts) => Partial<ApiParts> = () => ({}),
): Promise<Running> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'reeltime-api-'));
  const logged: Logged[] = [];
  const log: ApiParts['log'] = (level, message, fields) => void logged.push({ level, message, fields });
  const installation = await openInstallation(dataFolderAt(folder), log);
  const roles = ['ADMIN', 'AUDITOR', 'VIEWER', 'PRODUCER', 'expired', 'local'] as const;
  const tokens = Object.fromEntries(roles.map((role) => [role, `${role}-${randomUUID()}`])) as Tokens;
  for (const name of roles) {
    if (name === 'local') continue;
    await installation.writer.putToken({
      tokenId: randomUUID(),
      name,
      role: name === 'expired' ? 'ADMIN' : name,
      producer: name === 'PRODUCER' ? 'tests' : null,
      expiresAtMs: name === 'expired' ? 1000 : null,
      sha256: sha256(tokens[name]),
      atMs: Date.now(),
    });
  }
  const { catalog, reader, bus, intake, kills, space } = installation;
  const parts: ApiParts = {
    catalog,
    reader,
    bus,
    intake,
    kills,
    clock: () => Date.now(),
    version: '0.0.0-test',
    listen: { host: '127.0.0.1', port: 0 },
    processTokenSha256: sha256(tokens.local),
    log,
    ready: async () => space.shortage,
  };
  const server = await startServer({ ...parts, ...change(parts) });
  let stopped: PromiseLike<void> | null = null;
  const stop = async (): Promise<void> => {
    stopped ??= server[Symbol.asyncDispose]();
    await stopped;
  };
  return {
    url: server.url,
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
