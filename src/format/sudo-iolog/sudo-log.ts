import { isCells } from '../asciicast/asciicast-header.ts';

/** What sudo knew of a command that it ran: the `log` or `log.json` of an I/O log, or an event of its event log. */
export type SudoCommand = {
  /** Milliseconds since the epoch. */
  readonly submittedAtMs: number | null;
  readonly submitUser: string | null;
  readonly submitHost: string | null;
  readonly submitDirectory: string | null;
  readonly runUser: string | null;
  readonly runGroup: string | null;
  readonly runDirectory: string | null;
  readonly terminal: string | null;
  readonly columns: number | null;
  readonly rows: number | null;
  /** With its arguments, as a person would read it. */
  readonly command: string | null;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  /** Where the rule that let it run stands. */
  readonly source: string | null;
  /** An address of who submitted it to a log server. */
  readonly peerAddress: string | null;
  readonly uuid: string | null;
};

type Fields = Readonly<Record<string, unknown>>;

/**
 * The three lines that sudo wrote until 1.9.3: `time:user:runas user:runas group:terminal:lines:columns`, directory, command.
 * @returns null when they are not
 */
export const readLegacySudoLog = (text: string): SudoCommand | null => {
  const [first = '', directory, ...rest] = text.split('\n');
  const match = /^(\d{1,12})(?:\.\d+)?:([^:]*):([^:]*):([^:]*):([^:]*)(?::(\d{1,5}):(\d{1,5}))?$/.exec(first);
  const command = rest.join('\n').trimEnd();
  if (match === null || !/^(?:\/|unknown$)/.test(directory ?? '') || command === '') return null;
  const [, seconds, submitUser = '', runUser = '', runGroup = '', terminal = '', rows, columns] = match;
  return {
    ...nothingKnown,
    submittedAtMs: Number(seconds) * 1000,
    submitUser: textOf(submitUser),
    submitDirectory: directory ?? null,
    runUser: textOf(runUser),
    runGroup: textOf(runGroup),
    terminal: textOf(terminal),
    columns: cells(Number(columns)),
    rows: cells(Number(rows)),
    command,
  };
};

/** A `log.json`, or the fields of an event. @returns null when it names neither a command nor a user */
export const readSudoFields = (value: unknown): SudoCommand | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const fields = value as Fields;
  const command = textOf(fields['command']);
  const submitUser = textOf(fields['submituser']);
  if (command === null && submitUser === null) return null;
  const exit = fields['exit_value'];
  return {
    submittedAtMs: millisecondsOf(fields['submit_time'] ?? fields['timestamp'] ?? fields['server_time']),
    submitUser,
    submitHost: textOf(fields['submithost']),
    submitDirectory: textOf(fields['submitcwd']),
    runUser: textOf(fields['runuser']),
    runGroup: textOf(fields['rungroup']),
    runDirectory: textOf(fields['runcwd']),
    terminal: textOf(fields['ttyname']),
    columns: cells(fields['columns']),
    rows: cells(fields['lines']),
    command: commandLine(command, fields['runargv']),
    exitStatus: typeof exit === 'number' && Number.isInteger(exit) && Math.abs(exit) < 2 ** 31 ? exit : null,
    signal: textOf(fields['signal']),
    source: textOf(fields['source']),
    peerAddress: textOf(fields['peeraddr']),
    uuid: textOf(fields['uuid']),
  };
};

/** Nothing is known of it. */
export const nothingKnown: SudoCommand = {
  submittedAtMs: null,
  submitUser: null,
  submitHost: null,
  submitDirectory: null,
  runUser: null,
  runGroup: null,
  runDirectory: null,
  terminal: null,
  columns: null,
  rows: null,
  command: null,
  exitStatus: null,
  signal: null,
  source: null,
  peerAddress: null,
  uuid: null,
};

/** Milliseconds of `{seconds, nanoseconds}`. */
export const millisecondsOf = (time: unknown): number | null => {
  const { seconds, nanoseconds } = Object(time) as { seconds?: unknown; nanoseconds?: unknown };
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0 || seconds > 253_402_300_799) return null;
  const isPart = typeof nanoseconds === 'number' && nanoseconds >= 0 && nanoseconds < 1e9;
  return Math.floor(seconds) * 1000 + (isPart ? Math.floor(nanoseconds / 1e6) : 0);
};

/** The path that was run, then its arguments; those that a shell would split or read are quoted as it would want them. */
const commandLine = (command: string | null, argv: unknown): string | null => {
  if (!Array.isArray(argv) || argv.length < 2) return command;
  const words = argv.slice(1).filter((word) => typeof word === 'string');
  return [command ?? String(argv[0]), ...words.map(quoted)].join(' ');
};

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const cells = (value: unknown): number | null => (isCells(value) ? value : null);
