import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { headLines } from '../format/lines/head-lines.ts';
import { textAt } from '../format/lines/json-fields.ts';
import type { LocalTime } from '../format/lines/log-time.ts';
import { type LogLine, readLogLines } from '../format/lines/log-lines.ts';
import { readSyslogLine, type YearlessTime } from '../format/lines/syslog-line.ts';
import { type SudoJsonEvent, SudoJsonReader } from '../format/sudo-events/sudo-json.ts';
import { readSudoLine, type SudoLine } from '../format/sudo-events/sudo-line.ts';
import { millisecondsOf, nothingKnown, readSudoFields } from '../format/sudo-iolog/sudo-log.ts';
import type { ImportFormat, ImportGiven } from './import-format.ts';
import type { ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';
import { LogClock } from './log-clock.ts';
import { SudoCommands } from './sudo-commands.ts';

/**
 * sudo's event log, as JSON or as lines of text, in a file of its own or in a syslog: a session without recording for each
 * command that was let run, a DENIED one for each that was not, with sudo's reason.
 */
export const sudoEventsFormat: ImportFormat = {
  name: 'sudo-events',
  title: 'sudo event log',
  recognises: ({ bytes }) =>
    isJson(new TextDecoder().decode(bytes)) || headLines(bytes).some((line) => textLine(line) !== null),
  read,
};

const isJson = (head: string): boolean =>
  /^\s*(?:@cee: ?)?\{/.test(head) &&
  /"submituser"\s*:/.test(head) &&
  /"(?:accept|reject|alert|uuid|submit_time|server_time|source)"\s*:/.test(head);

type TimedLine = {
  readonly time: number | LocalTime | YearlessTime | null;
  readonly host: string | null;
  readonly said: SudoLine;
};

/** Without year, or with it at the end, as sudo writes a file of its own. */
const ownTime = /^([A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2})(?: (\d{4}))? : (.*)$/s;

/** A line of a syslog, of a file of sudo's own, or the message alone. */
const textLine = (line: string): TimedLine | null => {
  const own = ownTime.exec(line);
  // The same parts with names in the places where a syslog has them.
  const syslog = readSyslogLine(own === null ? line : `${own[1] ?? ''} sudo sudo: ${own[3] ?? ''}`);
  if (syslog !== null && syslog.program !== 'sudo') return null;
  const said = readSudoLine(syslog?.message ?? line);
  if (said === null) return null;
  return { time: timeOf(syslog?.time ?? null, own?.[2]), host: own === null ? (syslog?.host ?? null) : null, said };
};

const timeOf = (time: TimedLine['time'], year: string | undefined): TimedLine['time'] => {
  if (year === undefined || time === null || typeof time === 'number' || 'asUtcMs' in time) return time;
  return { asUtcMs: Date.UTC(Number(year), time.month, time.day) + time.timeMs };
};

async function* read(source: ImportSource, given: ImportGiven): AsyncGenerator<ImportStep, void, void> {
  const reader = new SudoEventReader(source, given);
  for await (const lines of readLogLines(source.open())) {
    given.signal.throwIfAborted();
    for (const line of lines) yield* reader.push(line);
  }
  yield* reader.end();
}

class SudoEventReader {
  readonly #clock: LogClock;
  readonly #writtenAtMs: number;
  readonly #commands: SudoCommands;
  readonly #json = new SudoJsonReader();
  /** Null before the first line that is not blank. */
  #isJson: boolean | null = null;
  #sessions = 0;
  #firstSkipped: { readonly line: number; readonly reason: string } | null = null;

  constructor(source: ImportSource, given: ImportGiven) {
    this.#clock = new LogClock(given.timeZone, source.modifiedAtMs);
    this.#writtenAtMs = Math.floor(source.modifiedAtMs);
    this.#commands = new SudoCommands(given);
  }

  *push(line: LogLine): Generator<ImportStep, void, void> {
    if (line.text?.trim() === '') return;
    this.#isJson ??= /^\s*(?:@cee: ?)?\{/.test(line.text ?? '');
    if (this.#isJson) for (const event of this.#json.push(line)) yield* this.#event(event);
    else yield* this.#text(line);
  }

  *end(): Generator<ImportStep, void, void> {
    for (const event of this.#json.end()) yield* this.#event(event);
    if (this.#sessions === 0) {
      throw new NotARecording(this.#firstSkipped?.reason ?? 'no event of sudo in it', this.#firstSkipped?.line ?? null);
    }
    yield* this.#commands.end();
  }

  *#text({ number, text }: LogLine): Generator<ImportStep, void, void> {
    const found = text === null ? null : textLine(text);
    if (found === null) {
      yield* this.#skip(number, text === null ? 'the line is too long' : 'not a command of sudo');
      return;
    }
    const { time, host, said } = found;
    const at = time === null ? null : this.#clock.moment(time);
    const command = { ...said.command, submittedAtMs: at?.atMs ?? null, submitHost: said.command.submitHost ?? host };
    const { submitHost, submitUser, runUser, terminal } = command;
    const name = [submitHost, submitUser, runUser, terminal, said.logId, command.command].join(' ');
    const endedAtMs = at?.atMs ?? this.#writtenAtMs;
    // An exit without its beginning in the log is a command too.
    if (said.isExit && (yield* this.#commands.exit(name, command, endedAtMs))) return;
    yield* this.#open(this.#commands.submit(name, command, { atMs: endedAtMs, mark: at?.mark ?? '' }, said.denyReason));
  }

  *#event(event: SudoJsonEvent): Generator<ImportStep, void, void> {
    if ('problem' in event) {
      yield* this.#skip(event.line, event.problem);
      return;
    }
    const { line, kind, fields } = event;
    const uuid = textAt(fields, 'uuid');
    const atMs = millisecondsOf(fields['server_time']);
    if (kind === 'exit') {
      // An exit may name no command: its uuid tells whose it is.
      const ended = readSudoFields({ command: 'unknown', ...fields }) ?? nothingKnown;
      if (!(yield* this.#commands.exit(uuid ?? '', ended, atMs ?? this.#writtenAtMs)))
        yield* this.#skip(line, 'the end of a command that is not in the log');
      return;
    }
    const command = readSudoFields(fields);
    if (command === null || kind === 'alert') {
      yield* this.#skip(line, kind === 'alert' ? `an alert: ${textAt(fields, 'reason') ?? ''}` : 'no command and user');
      return;
    }
    const denyReason = kind === 'reject' ? (textAt(fields, 'reason') ?? 'rejected') : null;
    const startedAtMs = command.submittedAtMs ?? atMs ?? this.#writtenAtMs;
    const name = uuid ?? [command.submitHost, command.submitUser, command.terminal, command.command].join(' ');
    yield* this.#open(
      this.#commands.submit(name, command, { atMs: startedAtMs, mark: command.submittedAtMs ?? '' }, denyReason),
    );
  }

  *#open(steps: Generator<ImportStep, void, void>): Generator<ImportStep, void, void> {
    this.#sessions += 1;
    yield* steps;
  }

  *#skip(line: number, reason: string): Generator<ImportStep, void, void> {
    this.#firstSkipped ??= { line, reason };
    yield { kind: 'skip', line, reason };
  }
}
