import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { LinePrefix } from '../format/postgresql-log/line-prefix.ts';
import { importFormats } from '../imports/formats.ts';
import type { ImportDefaults } from '../imports/import-defaults.ts';
import type { ImportGiven } from '../imports/import-format.ts';
import { TERMINAL_CELLS_MAX } from '../model/limits.ts';
import { type SessionProtocol, sessionProtocols } from '../model/session.ts';
import { dataFolderAt } from './data-folder.ts';
import { UsageError } from './exit-code.ts';
import { type GeoipOptions, geoipOption, geoipPaths } from './geoip-settings.ts';
import { type IntakeDoor, openIntakeDoor, openRemoteDoor } from './intake-door.ts';
import { dataOption } from './settings.ts';

/** What the words of `reeltime import` became. */
export type ImportOptions = GeoipOptions & {
  readonly data: string;
  readonly to?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** A format's name; absent: each file's is found by its content. */
  readonly format?: string;
  /** IANA name of the zone that times without one are of. */
  readonly timeZone: string;
  readonly columns?: number;
  readonly rows?: number;
  /** Name of a timing file beside the file. */
  readonly timing?: string;
  /** What lines of a PostgreSQL log begin with. */
  readonly logLinePrefix?: string;
  readonly protocol?: SessionProtocol;
  readonly upstream?: string;
  readonly user?: string;
  readonly email?: string;
  readonly userName?: string;
  readonly socket?: string;
  readonly clientIp?: string;
  readonly clientPort?: number;
  readonly clientSoftware?: string;
  readonly server?: { readonly name: string; readonly port: number };
  readonly sshUser?: string;
  readonly authInfo?: string;
  readonly startedAt?: number;
};

const readTime = (text: string): number => {
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs) || !/^\d{4}-\d{2}-\d{2}/.test(text)) {
    throw new InvalidArgumentError('must be a time such as 2026-11-22T14:05:00Z');
  }
  return timeMs;
};

const readServer = (text: string): { name: string; port: number } => {
  const match = /^(.+?)(?::(\d{1,5}))?$/.exec(text);
  return { name: match?.[1] ?? text, port: Number(match?.[2] ?? 0) };
};

const readUrl = (text: string): string => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.username !== '') {
    throw new InvalidArgumentError('must be the address of a server, such as https://reeltime.example.com');
  }
  return url.href.replace(/\/+$/, '');
};

const readPort = (text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('must be a port from 0 to 65535');
  return port;
};

const readCells = (text: string): number => {
  const cells = Number(text);
  if (!/^\d{1,5}$/.test(text) || cells < 1 || cells > TERMINAL_CELLS_MAX) {
    throw new InvalidArgumentError(`must be from 1 to ${TERMINAL_CELLS_MAX}`);
  }
  return cells;
};

const readLinePrefix = (text: string): string => {
  try {
    return new LinePrefix(text).text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof RangeError ? error.message : String(error));
  }
};

const readTimeZone = (text: string): string => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('must be the name of a time zone, such as Europe/Paris');
  }
};

/** The command with its options. */
export const withImportOptions = (command: Command): Command =>
  command
    .addOption(dataOption())
    .addOption(new Option('--to <url>', 'send to this server, instead of the data folder').argParser(readUrl))
    .addOption(
      new Option('--token-file <file>', 'a file that holds a token of that server; otherwise REELTIME_TOKEN').env(
        'REELTIME_TOKEN_FILE',
      ),
    )
    .option('--json', 'print a line of JSON for each file')
    .option('-q, --quiet', 'show no progress')
    .addOption(
      new Option('--format <format>', "what the files are; otherwise each file's content says").choices(
        importFormats.map(({ name }) => name),
      ),
    )
    .addOption(
      new Option('--time-zone <zone>', 'the zone of times that name none, as syslog writes them')
        .argParser(readTimeZone)
        .default('UTC'),
    )
    .addOption(
      new Option('--columns <count>', "the terminal's columns; otherwise what the file says").argParser(readCells),
    )
    .addOption(new Option('--rows <count>', "the terminal's rows; otherwise what the file says").argParser(readCells))
    .option('--timing <name>', 'the file beside a script(1) recording that has its times; otherwise found by its name')
    .addOption(
      new Option(
        '--log-line-prefix <prefix>',
        "log_line_prefix of a PostgreSQL server, with --format postgresql; otherwise found out from the log's first lines",
      ).argParser(readLinePrefix),
    )
    .addOption(new Option('--protocol <protocol>', 'what kind of session it was').choices(sessionProtocols))
    .option('--upstream <name>', 'what stood behind the protocol: ssh, docker, aws-ssm, …')
    .option('--user <identity>', 'who, where the file does not say: what names the user within this log')
    .option('--email <email>', "the user's email")
    .option('--user-name <name>', "the user's full name")
    .option('--socket <name>', 'what: the resource')
    .option('--client-ip <address>', 'where from, where the file does not say')
    .addOption(new Option('--client-port <port>', "the client's port").argParser(readPort))
    .option('--client-software <text>', 'what the client called itself')
    .addOption(new Option('--server <host[:port]>', 'the address that was asked for').argParser(readServer))
    .option('--ssh-user <name>', 'the account on the far side')
    .option('--auth-info <text>', 'how the user was authenticated and authorised')
    .addOption(geoipOption())
    .addOption(new Option('--started-at <time>', 'when a recording began; otherwise what it says').argParser(readTime));

const defaultsOf = (options: ImportOptions): ImportDefaults => ({
  protocol: options.protocol ?? null,
  upstream: options.upstream ?? null,
  user: { identity: options.user ?? null, email: options.email ?? null, name: options.userName ?? null },
  socket: options.socket ?? null,
  client: {
    ...(options.clientIp === undefined ? {} : { ip: options.clientIp }),
    port: options.clientPort ?? null,
    software: options.clientSoftware ?? null,
  },
  server: options.server ?? {},
  sshUser: options.sshUser ?? null,
  authInfo: options.authInfo ?? null,
  startedAtMs: options.startedAt ?? null,
});

/** What the readers of formats are told. */
export const givenOf = (options: ImportOptions, signal: AbortSignal): Omit<ImportGiven, 'newHash'> => ({
  defaults: defaultsOf(options),
  signal,
  timeZone: options.timeZone,
  columns: options.columns,
  rows: options.rows,
  timing: options.timing,
  logLinePrefix: options.logLinePrefix,
});

/** Where it all goes. @throws UsageError without a token for another server */
export const doorOf = ({ data, to, tokenFile, ...rest }: ImportOptions): Promise<IntakeDoor> => {
  if (to === undefined) return openIntakeDoor(dataFolderAt(data), geoipPaths(rest));
  const token = tokenFile === undefined ? (process.env['REELTIME_TOKEN'] ?? '') : readTokenFile(tokenFile);
  if (token === '') throw new UsageError('--to needs --token-file, or REELTIME_TOKEN in the environment');
  return openRemoteDoor({ url: to, token });
};

const readTokenFile = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`the token file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};
