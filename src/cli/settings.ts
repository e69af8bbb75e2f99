import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './exit-code.ts';
import { nearestName } from './nearest-name.ts';
import { OIDC_CLIENT_SECRET } from './sign-in-settings.ts';

/** Where a server listens. */
export type Listen = { readonly host: string; readonly port: number };

const PORT_MAX = 65_535;

/** HOST:PORT; an IPv6 host in brackets. Port 0: any that is free. */
export const readListen = (text: string): Listen => {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port > PORT_MAX) {
    throw new InvalidArgumentError(`must be HOST:PORT with a port from 0 to ${PORT_MAX}, such as 127.0.0.1:4800`);
  }
  return { host, port };
};

export const logLevels = ['error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Settings that several verbs share: flags before environment before defaults. */
export const dataOption = (): Option =>
  new Option('--data <folder>', 'the data folder').env('REELTIME_DATA').default('data/store');

export const listenOption = (): Option =>
  new Option('--listen <host:port>', 'where to listen; port 0 takes one that is free')
    .env('REELTIME_LISTEN')
    .default({ host: '127.0.0.1', port: 4800 } satisfies Listen, '127.0.0.1:4800')
    .argParser(readListen);

export const logLevelOption = (): Option =>
  new Option('--log-level <level>', 'what is logged, on standard error')
    .env('REELTIME_LOG_LEVEL')
    .choices(logLevels)
    .default('info');

export const adminTokenFileOption = (): Option =>
  new Option(
    '--admin-token-file <file>',
    'a file that holds the admin token; otherwise REELTIME_ADMIN_TOKEN, or one is made on first start',
  ).env('REELTIME_ADMIN_TOKEN_FILE');

/** Secrets that are read from the environment: a command line is seen by everybody on the machine. */
export const secretSettings = ['REELTIME_ADMIN_TOKEN', 'REELTIME_TOKEN', OIDC_CLIENT_SECRET] as const;

/**
 * A setting that nobody reads is a mistake somebody made.
 * @throws UsageError naming the setting, and the one that may have been meant
 */
export const refuseUnknownSettings = (program: Command, environment: NodeJS.ProcessEnv): void => {
  const known: string[] = [...secretSettings];
  for (const command of program.commands) {
    for (const option of command.options) if (option.envVar !== undefined) known.push(option.envVar);
  }
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('REELTIME_') || known.includes(name)) continue;
    const nearest = nearestName(name, known);
    throw new UsageError(`unknown setting ${name}${nearest === null ? '' : `: did you mean ${nearest}?`}`);
  }
};
