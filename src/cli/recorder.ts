import type { LeftoverOutcome } from '../client/leftovers.ts';
import type { FeedState } from '../client/session-feed.ts';
import { InvalidInput } from '../model/errors.ts';
import { UsageError } from './exit-code.ts';
import { PersonsTerminal } from './persons-terminal.ts';
import { printable } from './printable.ts';
import type { CommandEnd } from './pseudo-terminal.ts';
import { RecordFeeding } from './record-feeding.ts';
import type { RecordServer, RecordServerOptions } from './record-server.ts';
import { exitEvent, RecordedCommand, shownEnd } from './recorded-command.ts';
import { recordedSession, type RecordedSessionOptions } from './recorded-session.ts';
import { type EndingSignal, endingSignals, exitCodeOfCut, type SessionCut, shownCut } from './session-cut.ts';
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
    /** Seconds. */
    readonly heartbeat: number;
    readonly sendSpooled?: boolean;
  };

const MEBIBYTE = 1024 * 1024;

/** One run of a command under recording. */
export class Recorder implements AsyncDisposable {
  readonly #server: RecordServer;
  readonly #options: RecordOptions;
  readonly #size = PersonsTerminal.size();
  #feeding: RecordFeeding | null = null;
  #command: RecordedCommand | null = null;
  #cut: SessionCut | null = null;
  #awayTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #hangUp: () => void;
  readonly #signals: Disposable;
  readonly #startedAtMs = Date.now();
  readonly #startedMs = performance.now();

  constructor(server: RecordServer, options: RecordOptions, hangUp: () => void) {
    this.#server = server;
    this.#options = options;
    this.#hangUp = hangUp;
    this.#signals = this.#hearSignals();
  }

  /** Milliseconds from the recording's start, by a clock that nobody sets. */
  #elapsedMs(): number {
    return Math.floor(performance.now() - this.#startedMs);
  }

  /** Opens the session. @returns whether what happens now will be recorded, as far as is known @throws UsageError */
  async begin(): Promise<boolean> {
    const { spool, spoolMax, heartbeat, strict = false } = this.#options;
    const session = recordedSession(this.#options, process.env, this.#size, this.#startedAtMs);
    try {
      this.#feeding = new RecordFeeding({
        server: this.#server,
        spoolFolder: provideSpoolFolder(spool ?? defaultSpoolFolder(process.env)),
        spoolBytesMax: spoolMax * MEBIBYTE,
        heartbeatMs: heartbeat * 1000,
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

  /** Runs the command to its end, and hands on how it ended. @returns the exit code */
  async run(file: string, args: readonly string[]): Promise<number> {
    const end = this.#cut === null ? await this.#runCommand(file, args) : neverBegun;
    this.#watchAway(true);
    const cut = this.#cut;
    const reason = cut === null ? shownEnd(end) : shownCut(cut);
    const timeMs = this.#elapsedMs();
    this.#feeding?.feed.close({ endedAtMs: this.#startedAtMs + timeMs, reason, isCut: cut?.kind === 'killed' }, [
      exitEvent(timeMs, end),
    ]);
    if (cut !== null && cut.kind !== 'signal') PersonsTerminal.say(shownCut(cut));
    if (this.#feeding !== null) await tellFeedingEnd(this.#feeding);
    return exitCodeOfCut(cut, end);
  }

  async #runCommand(file: string, args: readonly string[]): Promise<CommandEnd> {
    const feed = this.#feeding?.feed ?? null;
    // Whoever is recorded must not be able to feed.
    const { REELTIME_TOKEN: _secret, ...env } = process.env;
    this.#command = new RecordedCommand({
      file,
      args,
      env,
      size: this.#size,
      hasInput: this.#options.input === true,
      elapsedMs: () => this.#elapsedMs(),
      push: (event) => feed?.push(event),
      isCrowded: () => feed?.isCrowded ?? false,
    });
    const end = await this.#command.ended();
    this.#command = null;
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watchAway(true);
    await this.#feeding?.[Symbol.asyncDispose]();
    this.#signals[Symbol.dispose]();
  }

  /** The first reason stands. */
  #end(cut: SessionCut): void {
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
    for (const name of Object.keys(endingSignals) as EndingSignal[]) {
      const hear = (): void => {
        // From a terminal it comes as a key, and so it does without one.
        if (name === 'SIGINT' && this.#command !== null) this.#command.signal(name);
        else this.#end({ kind: 'signal', name });
      };
      process.on(name, hear);
      stack.defer(() => void process.removeListener(name, hear));
    }
    return stack;
  }
}

/** As a command that the signal had ended at once. */
const neverBegun: CommandEnd = { status: 0, signal: endingSignals.SIGHUP };

const tellFeedingEnd = async (feeding: RecordFeeding): Promise<void> => {
  const { kind, events, folder, error } = await feeding.finish();
  const why = messageOf(error);
  if (kind === 'kept')
    PersonsTerminal.say(`${why}: ${events} events are kept in ${folder}, and the next run sends them`);
  if (kind === 'refused') PersonsTerminal.say(`${why}: ${events} events were not taken; they are in ${folder}`);
  for (const leftover of feeding.refusedLeftovers) PersonsTerminal.say(shownRefusal(leftover));
};

/** An error's message, for a person's terminal. */
export const messageOf = (error: unknown): string => printable(error instanceof Error ? error.message : String(error));

/** What is said of a session that will never be taken. */
export const shownRefusal = ({ sessionId, error, folder }: LeftoverOutcome): string =>
  `refused ${sessionId}, which an earlier run left: ${messageOf(error)}; it is in ${folder}`;
