import { printable } from './printable.ts';
import { InvalidInput } from '../model/errors.ts';
import type { LeftoverOutcome } from '../client/leftovers.ts';
import type { FeedState } from '../client/session-feed.ts';
import type { KillRequest } from '../model/intake.ts';
import { commandPath } from './command-path.ts';
import { exitCodes, UsageError } from './exit-code.ts';
import { PersonsTerminal } from './persons-terminal.ts';
import { type CommandEnd } from './pseudo-terminal.ts';
import { type FeedingEnd, RecordFeeding, sendSpooled } from './record-feeding.ts';
import { type RecordServer, recordServer, type RecordServerOptions } from './record-server.ts';
import { exitCodeOf, exitEvent, RecordedCommand, shownEnd } from './recorded-command.ts';
import { recordedSession, type RecordedSessionOptions } from './recorded-session.ts';
import { defaultSpoolFolder, provideSpoolFolder } from './spool-folder.ts';

export type RecordOptions = RecordServerOptions &
  RecordedSessionOptions & {
    readonly input?: boolean;
    readonly strict?: boolean;
    /** Seconds. */
    readonly away: number;
    readonly spool?: string;
    /** MiB. */
    readonly spoolMax: number;
    readonly sendSpooled?: boolean;
  };

/** Why a command was ended before its time. */
type Cut =
  | { readonly kind: 'killed'; readonly kill: KillRequest }
  | { readonly kind: 'strict'; readonly reason: string }
  | { readonly kind: 'signal'; readonly name: NodeJS.Signals };

/** As if by SIGKILL: the session was killed, or `--strict` ended it. */
export const CUT_EXIT_CODE = 137;

const MEBIBYTE = 1024 * 1024;
const endingSignals = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGQUIT: 3, SIGTERM: 15 };

/** Runs a command, and records it. @returns the command's exit code @throws UsageError */
export const record = async (words: readonly string[], options: RecordOptions): Promise<number> => {
  const [command, ...args] = words;
  if (command === undefined) throw new UsageError('give a command to record, after --');
  const file = commandPath(command, process.env);
  const ending = new AbortController();
  const server = recordServer(options, process.env['REELTIME_TOKEN'], ending.signal);
  const recorder = new Recorder(server, options, () => ending.abort());
  try {
    const isRecorded = await recorder.begin();
    if (!isRecorded && options.strict === true) return exitCodes.failed;
    return await recorder.run(file, args);
  } finally {
    await recorder[Symbol.asyncDispose]();
  }
};

/** Sends what earlier runs could not. @returns the exit code */
export const sendSpooledSessions = async (options: RecordOptions, signal: AbortSignal): Promise<number> => {
  const server = recordServer(options, process.env['REELTIME_TOKEN'], signal);
  const folder = provideSpoolFolder(options.spool ?? defaultSpoolFolder(process.env));
  const counts = { sent: 0, kept: 0, refused: 0 };
  for await (const outcome of sendSpooled(server, folder, signal)) {
    counts[outcome.kind] += 1;
    if (outcome.kind === 'kept') PersonsTerminal.say(`kept ${outcome.sessionId}: ${messageOf(outcome.error)}`);
    if (outcome.kind === 'refused') PersonsTerminal.say(shownRefusal(outcome));
  }
  process.stderr.write(`${counts.sent} sent, ${counts.kept} kept, ${counts.refused} refused\n`);
  return counts.kept + counts.refused > 0 ? exitCodes.failed : exitCodes.done;
};

/** One run of a command under recording. */
class Recorder implements AsyncDisposable {
  readonly #server: RecordServer;
  readonly #options: RecordOptions;
  readonly #size = PersonsTerminal.size();
  #feeding: RecordFeeding | null = null;
  #command: RecordedCommand | null = null;
  #cut: Cut | null = null;
  #awayTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #hangUp: () => void;
  readonly #startedAtMs = Date.now();
  readonly #startedMs = performance.now();

  constructor(server: RecordServer, options: RecordOptions, hangUp: () => void) {
    this.#server = server;
    this.#options = options;
    this.#hangUp = hangUp;
  }

  /** Milliseconds from the recording's start, by a clock that nobody sets. */
  #elapsedMs(): number {
    return Math.floor(performance.now() - this.#startedMs);
  }

  /** Opens the session. @returns whether what happens now will be recorded, as far as is known @throws UsageError */
  async begin(): Promise<boolean> {
    const { spool, spoolMax, strict = false } = this.#options;
    const session = recordedSession(this.#options, process.env, this.#size, this.#startedAtMs);
    try {
      this.#feeding = new RecordFeeding({
        server: this.#server,
        spoolFolder: provideSpoolFolder(spool ?? defaultSpoolFolder(process.env)),
        spoolBytesMax: spoolMax * MEBIBYTE,
        session,
        listener: {
          killed: (kill) => this.#end({ kind: 'killed', kill }),
          changed: (state) => this.#changed(state),
          hasRoom: () => this.#command?.goOn(),
          lost: (reason) => this.#lost(`${reason}, until there is room`),
        },
        hangUp: this.#hangUp,
      });
    } catch (error) {
      return this.#doNotRecord(error);
    }
    const first = await this.#feeding.first();
    if (first.kind === 'feeding') return true;
    if (first.kind === 'over') {
      await this.#feeding.abandon();
      this.#feeding = null;
      if (first.error instanceof InvalidInput) throw new UsageError(messageOf(first.error));
      return this.#doNotRecord(first.error);
    }
    const why = first.kind === 'away' ? messageOf(first.error) : `${this.#server.shown} does not answer`;
    if (strict) await this.#feeding.abandon();
    PersonsTerminal.say(strict ? `${why}: the command was not begun (--strict)` : `${why}: recorded, and sent later`);
    return !strict;
  }

  /** Runs the command to its end, and hands on how it ended. */
  async run(file: string, args: readonly string[]): Promise<number> {
    const elapsedMs = (): number => this.#elapsedMs();
    const feed = this.#feeding?.feed ?? null;
    const { REELTIME_TOKEN: _secret, ...env } = process.env;
    using _signals = this.#hearSignals();
    this.#command = new RecordedCommand({
      file,
      args,
      env,
      size: this.#size,
      hasInput: this.#options.input === true,
      elapsedMs,
      push: (event) => feed?.push(event),
      isCrowded: () => feed?.isCrowded ?? false,
    });
    if (this.#cut !== null) void this.#command.cut();
    const end = await this.#command.ended();
    this.#watchAway(true);
    const cut = this.#cut;
    const isCut = cut?.kind === 'killed';
    const reason = cut === null ? shownEnd(end) : shownCut(cut);
    const endedAtMs = this.#startedAtMs + elapsedMs();
    this.#command = null;
    feed?.close({ endedAtMs, reason, isCut }, [exitEvent(elapsedMs(), end)]);
    if (cut !== null && cut.kind !== 'signal') PersonsTerminal.say(shownCut(cut));
    if (this.#feeding !== null) {
      tellEnd(await this.#feeding.finish());
      for (const leftover of this.#feeding.refusedLeftovers) PersonsTerminal.say(shownRefusal(leftover));
    }
    return codeOf(cut, end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watchAway(true);
    await this.#feeding?.[Symbol.asyncDispose]();
  }

  /** The first reason stands. */
  #end(cut: Cut): void {
    if (this.#cut !== null) return;
    this.#cut = cut;
    void this.#command?.cut();
  }

  #doNotRecord(error: unknown): false {
    const isStrict = this.#options.strict === true;
    PersonsTerminal.say(`${messageOf(error)}: ${isStrict ? 'the command was not begun (--strict)' : 'NOT RECORDED'}`);
    return false;
  }

  /** With --strict the server may be away for so long. */
  #watchAway(isThere: boolean): void {
    if (this.#awayTimer !== null && isThere) clearTimeout(this.#awayTimer);
    if (isThere) this.#awayTimer = null;
    if (isThere || this.#options.strict !== true || this.#awayTimer !== null) return;
    const { away } = this.#options;
    const reason = `${this.#server.shown} was away for ${away} s`;
    this.#awayTimer = setTimeout(() => this.#end({ kind: 'strict', reason }), away * 1000);
  }

  #lost(reason: string): void {
    if (this.#options.strict === true) this.#end({ kind: 'strict', reason });
    else PersonsTerminal.say(`NOT RECORDED from here on: ${printable(reason)}`);
  }

  #changed(state: FeedState): void {
    this.#watchAway(state.kind !== 'away');
    const isEarly = state.kind === 'over' && this.#command !== null && this.#cut === null;
    if (isEarly) this.#lost(messageOf(state.error));
  }

  #hearSignals(): Disposable {
    const stack = new DisposableStack();
    const hear = (name: NodeJS.Signals, heard: () => void): void => {
      process.on(name, heard);
      stack.defer(() => void process.removeListener(name, heard));
    };
    for (const name of endingSignals) hear(name, () => this.#end({ kind: 'signal', name }));
    // From a terminal it comes as a key.
    hear('SIGINT', () => this.#command?.signal('SIGINT'));
    return stack;
  }
}

const messageOf = (error: unknown): string => printable(error instanceof Error ? error.message : String(error));

const shownRefusal = ({ sessionId, error, folder }: LeftoverOutcome): string =>
  `refused ${sessionId}, which an earlier run left: ${messageOf(error)}; it is in ${folder}`;

const shownCut = (cut: Cut): string => {
  if (cut.kind === 'signal') return `ended by ${cut.name}`;
  if (cut.kind === 'strict') return `${cut.reason}: the command was ended (--strict)`;
  const { requestedBy, reason } = cut.kill;
  return `this session was killed by ${printable(requestedBy)}${reason === null ? '' : `: ${printable(reason)}`}`;
};

const codeOf = (cut: Cut | null, end: CommandEnd): number => {
  if (cut === null) return exitCodeOf(end);
  return cut.kind === 'signal' ? 128 + (signalNumbers[cut.name] ?? 0) : CUT_EXIT_CODE;
};

const tellEnd = ({ kind, events, folder, error }: FeedingEnd): void => {
  if (kind === 'kept') {
    PersonsTerminal.say(`${messageOf(error)}: ${events} events are kept in ${folder}, and the next run sends them`);
  }
  if (kind === 'refused')
    PersonsTerminal.say(`${messageOf(error)}: ${events} events were not taken; they are in ${folder}`);
};
