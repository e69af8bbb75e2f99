import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { importAsciicast, type Imported } from '../imports/import-asciicast.ts';
import type { ImportDefaults } from '../imports/import-defaults.ts';
import { InvalidInput, Refusal } from '../model/errors.ts';
import { type SessionProtocol, sessionProtocols } from '../model/session.ts';
import { dataFolderAt } from './data-folder.ts';
import { exitCodes, UsageError } from './exit-code.ts';
import { FileProgress } from './file-progress.ts';
import { importSources, type Missing, type NamedSource } from './import-sources.ts';
import { type IntakeDoor, openIntakeDoor, openRemoteDoor } from './intake-door.ts';
import { printable } from './printable.ts';
import { dataOption } from './settings.ts';

/** Files that are taken in at once: they share commits and syncs. */
const AT_ONCE = 4;

type ImportOptions = {
  readonly data: string;
  readonly to?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
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

/** One line of `--json`. */
type Outcome = {
  readonly file: string;
  readonly sessionId: string | null;
  readonly recordingId: string | null;
  readonly events: number;
  readonly status: 'imported' | 'known' | 'refused';
  readonly reason: string | null;
  readonly line: number | null;
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

/** `reeltime import`. */
export const importCommand = (signal: AbortSignal, setExitCode: (code: number) => void): Command =>
  new Command('import')
    .description(
      'take in asciicast recordings (versions 1, 2, 3; also .gz and .zst): files, folders, or - for standard input',
    )
    .argument('<file...>', 'files and folders')
    .addOption(dataOption())
    .addOption(new Option('--to <url>', 'send to this server, instead of the data folder').argParser(readUrl))
    .addOption(
      new Option('--token-file <file>', 'a file that holds a token of that server; otherwise REELTIME_TOKEN').env(
        'REELTIME_TOKEN_FILE',
      ),
    )
    .option('--json', 'print a line of JSON for each file')
    .option('-q, --quiet', 'show no progress')
    .addOption(new Option('--protocol <protocol>', 'what kind of session it was').choices(sessionProtocols))
    .option('--upstream <name>', 'what stood behind the protocol: ssh, docker, aws-ssm, …')
    .option('--user <identity>', 'who: what names the user within this log')
    .option('--email <email>', "the user's email")
    .option('--user-name <name>', "the user's full name")
    .option('--socket <name>', 'what: the resource')
    .option('--client-ip <address>', 'where from')
    .addOption(new Option('--client-port <port>', "the client's port").argParser(readPort))
    .option('--client-software <text>', 'what the client called itself')
    .addOption(new Option('--server <host[:port]>', 'the address that was asked for').argParser(readServer))
    .option('--ssh-user <name>', 'the account on the far side')
    .option('--auth-info <text>', 'how the user was authenticated and authorised')
    .addOption(new Option('--started-at <time>', 'when; otherwise what the recording says').argParser(readTime))
    .action(async (words: readonly string[], options: ImportOptions) => {
      const refused = await importAll(words, options, signal);
      if (refused > 0 || signal.aborted) setExitCode(exitCodes.failed);
    });

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

const doorOf = ({ data, to, tokenFile }: ImportOptions): Promise<IntakeDoor> => {
  if (to === undefined) return openIntakeDoor(dataFolderAt(data));
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

/** @returns how many files were refused */
const importAll = async (words: readonly string[], options: ImportOptions, signal: AbortSignal): Promise<number> => {
  await using door = await doorOf(options);
  const counts = { imported: 0, known: 0, refused: 0 };
  {
    using progress = new FileProgress('importing', process.stderr, options.quiet === true);
    const tell = (source: NamedSource | Missing, outcome: Outcome): void => {
      counts[outcome.status] += 1;
      progress.done(source.name);
      if (options.json === true) process.stdout.write(`${JSON.stringify(outcome)}\n`);
      else if (outcome.status === 'refused') process.stderr.write(`${refusalLine(outcome)}\n`);
    };
    await importEach(
      importSources(words, (bytes) => progress.read(bytes)),
      defaultsOf(options),
      door,
      progress,
      tell,
      signal,
    );
    await door.settled();
  }
  const summary = `${counts.imported} imported, ${counts.known} known, ${counts.refused} refused`;
  process.stderr.write(signal.aborted ? `interrupted: ${summary}; run it again to go on\n` : `${summary}\n`);
  return counts.refused;
};

const refusalLine = ({ file, reason, line }: Outcome): string =>
  `refused ${printable(file)}: ${line === null ? '' : `line ${line}: `}${printable(reason ?? '')}`;

const importEach = async (
  sources: AsyncGenerator<NamedSource | Missing>,
  defaults: ImportDefaults,
  { intake, producer }: IntakeDoor,
  progress: FileProgress,
  tell: (source: NamedSource | Missing, outcome: Outcome) => void,
  signal: AbortSignal,
): Promise<void> => {
  const parts = { intake, producer, newHash: () => createHash('sha256'), claims: new Map<string, Promise<void>>() };
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const source of sources) {
    if (signal.aborted || failures.length > 0) break;
    if ('error' in source) {
      tell(source, refused(source.name, source.error, null));
      continue;
    }
    progress.found(source.sizeBytes);
    const one = importAsciicast(parts, source, defaults, signal)
      .then(
        (imported) => tell(source, taken(source, imported)),
        (error: unknown) => {
          if (signal.aborted) return;
          const outcome = refusalOf(source, error);
          if (outcome === null) failures.push(error);
          else tell(source, outcome);
        },
      )
      .finally(() => running.delete(one));
    running.add(one);
    // Standard input's file goes when the next source is asked for.
    if (running.size >= AT_ONCE || source.name === '-') await Promise.race(running);
    if (source.name === '-') await Promise.all(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
};

const taken = ({ name }: NamedSource, imported: Imported): Outcome => ({
  file: name,
  sessionId: imported.sessionId,
  recordingId: imported.recordingId,
  events: imported.events,
  status: imported.status,
  reason:
    imported.clampedTimes === 0
      ? null
      : `${imported.clampedTimes} times went backwards and were set to the time before`,
  line: null,
});

const refused = (file: string, reason: string, line: number | null): Outcome => ({
  file,
  sessionId: null,
  recordingId: null,
  events: 0,
  status: 'refused',
  reason,
  line,
});

/** What is wrong with the file alone; null when nothing can be taken in any more. */
const refusalOf = ({ name }: NamedSource, error: unknown): Outcome | null => {
  if (error instanceof NotARecording) return refused(name, error.reason, error.line);
  if (error instanceof InvalidInput && isOption(error.field)) return null;
  if (error instanceof Refusal) return error.code === 'UNAVAILABLE' ? null : refused(name, error.message, null);
  const isReading = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isReading ? refused(name, `it cannot be read: ${error.message}`, null) : null;
};

/** Wrong for every file, because it was given for all. */
const isOption = (field: string): boolean => /^(?:client|server|user|socket|sshUser|authInfo|upstream)/.test(field);
