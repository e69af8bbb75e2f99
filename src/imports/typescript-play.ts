import { PulledBytes } from '../format/pulled-bytes.ts';
import { DONE_BYTES_MAX, readDone, readStarted, STARTED_LINE_BYTES_MAX } from '../format/typescript/script-lines.ts';
import { microseconds, type TimingEntry } from '../format/typescript/timing-entry.ts';
import { readTiming } from '../format/typescript/timing-reader.ts';
import type { ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';
import { TerminalTrack } from './terminal-track.ts';
import type { TypescriptSummary } from './typescript-summary.ts';

/** Bytes of one event. */
const PIECE_BYTES = 64 * 1024;

export type TypescriptFiles = {
  readonly key: string;
  readonly startedAtMs: number;
  readonly output: ImportSource;
  /** Null: it is in the output's file, or nowhere. */
  readonly input: ImportSource | null;
  readonly timing: ImportSource | null;
  readonly summary: TypescriptSummary | null;
  readonly signal: AbortSignal;
};

/** The events of an opened recording of script(1), to its close. Memory does not grow with the files. */
export async function* playTypescript(files: TypescriptFiles): AsyncGenerator<ImportStep, void, void> {
  const { key, startedAtMs, timing, summary, signal } = files;
  await using output = new PulledBytes(files.output.open());
  await using input = files.input === null ? null : new PulledBytes(files.input.open());
  const isAdvanced = summary?.isAdvanced === true;
  await passStarted(output, isAdvanced);
  if (input !== null) await passStarted(input, isAdvanced);
  const isInputHere = input !== null || isInOutput(summary);
  const player = new Player(new TerminalTrack(key), output, isInputHere ? (input ?? output) : null);
  if (timing !== null) {
    for await (const entries of readTiming(timing.open())) {
      signal.throwIfAborted();
      for (const entry of entries) yield* player.play(entry);
    }
  }
  const done = yield* player.playRest();
  const said = (name: string): string | null => summary?.headers.get(name) ?? null;
  yield* player.end(said('EXIT_CODE') ?? done['COMMAND_EXIT_CODE'] ?? null, said('DURATION'));
  if (player.outputAfterTiming > 0 && timing !== null) {
    const message = `${player.outputAfterTiming} bytes of output come after the last line of timing: they stand at its end`;
    yield { kind: 'tell', key, atMs: startedAtMs, event: 'NOTE', message, details: null };
  }
  if (player.lostInputs > 0) {
    const message = `${player.lostInputs} inputs have times, but the file with them is not beside the output`;
    yield { kind: 'tell', key, atMs: startedAtMs, event: 'NOTE', message, details: null };
  }
  yield* player.track.close(startedAtMs);
}

/** Whether output and input went to one file (script --log-io). */
const isInOutput = (summary: TypescriptSummary | null): boolean => {
  const name = summary?.headers.get('INPUT_LOG');
  return name !== undefined && name === summary?.headers.get('OUTPUT_LOG');
};

/** Passes over the line that is not of the terminal: with a typed timing file the first one always is. */
const passStarted = async (pulled: PulledBytes, isAdvanced: boolean): Promise<void> => {
  const head = await pulled.take(STARTED_LINE_BYTES_MAX);
  const size = readStarted(head)?.size ?? (isAdvanced ? head.indexOf(0x0a) + 1 : 0);
  pulled.unread(head.subarray(size));
};

/** Turns entries and the bytes that they count into events, one after the other. */
class Player {
  readonly track: TerminalTrack;
  readonly #output: PulledBytes;
  readonly #input: PulledBytes | null;
  #timeUs = 0;
  #isTorn = false;
  /** Bytes that nothing says the time of. */
  outputAfterTiming = 0;
  /** Entries of input whose bytes are not there. */
  lostInputs = 0;

  constructor(track: TerminalTrack, output: PulledBytes, input: PulledBytes | null) {
    this.track = track;
    this.#output = output;
    this.#input = input;
  }

  async *play(entry: TimingEntry): AsyncGenerator<ImportStep, void, void> {
    this.#timeUs += entry.delayUs;
    this.track.reach(this.#timeUs);
    if (entry.kind === 'data') yield* this.#data(entry.isInput, entry.size);
    if (entry.kind !== 'signal') return;
    const { columns, rows, signal } = entry;
    if (columns !== null && rows !== null) yield* this.track.add(this.#timeUs, 'r', columns, rows);
    else yield* this.track.add(this.#timeUs, 'm', signal);
  }

  async *#data(isInput: boolean, size: number): AsyncGenerator<ImportStep, void, void> {
    const source = isInput ? this.#input : this.#output;
    if (source === null) this.lostInputs += 1;
    if (source === null || this.#isTorn) return;
    for (let left = size; left > 0;) {
      const bytes = await source.next(Math.min(left, PIECE_BYTES));
      if (bytes === null) {
        yield* this.#torn(left);
        return;
      }
      left -= bytes.length;
      yield* this.track.add(this.#timeUs, isInput ? 'i' : 'o', bytes);
    }
  }

  /** The bytes end before the times do. */
  *#torn(lostBytes: number): Generator<ImportStep, void, void> {
    this.#isTorn = true;
    const cause = 'the output ends before its times do';
    yield* this.track.gap({ lostEvents: null, lostBytes, cause });
  }

  /** Output after the last entry. @returns the fields of the line that script(1) ended it with */
  async *playRest(): AsyncGenerator<ImportStep, Readonly<Record<string, string>>, void> {
    let held: Uint8Array = new Uint8Array(0);
    for (;;) {
      const piece = await this.#output.next(PIECE_BYTES);
      if (piece === null) break;
      const both = joined(held, piece);
      const end = Math.max(0, both.length - DONE_BYTES_MAX);
      if (end > 0) yield* this.#after(both.subarray(0, end));
      held = both.subarray(end);
    }
    const done = readDone(held);
    yield* this.#after(held.subarray(0, done?.start ?? held.length));
    return done?.fields ?? {};
  }

  *#after(bytes: Uint8Array): Generator<ImportStep, void, void> {
    if (bytes.length === 0) return;
    this.outputAfterTiming += bytes.length;
    yield* this.track.add(this.#timeUs, 'o', bytes.slice());
  }

  /** @param status and duration in seconds as they are written; null when nobody says */
  *end(status: string | null, duration: string | null): Generator<ImportStep, void, void> {
    if (duration !== null && /^\d{1,10}[.,]\d{1,9}$/.test(duration)) {
      this.#timeUs = Math.max(this.#timeUs, microseconds(duration));
      this.track.reach(this.#timeUs);
    }
    if (status !== null && /^\d{1,3}$/.test(status)) yield* this.track.add(this.#timeUs, 'x', Number(status), null);
    yield* this.track.flush();
  }
}

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
};
