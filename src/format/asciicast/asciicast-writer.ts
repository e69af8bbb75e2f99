import type { GapPayload, RecordedEvent } from '../../model/recorded-event.ts';
import type { Run } from '../../model/run.ts';
import type { LineWriter } from '../line-pieces.ts';
import { linePieces } from '../line-pieces.ts';
import { eventsOf } from '../run-events.ts';
import { jsonOf } from '../tuples.ts';
import { TextCarry } from '../utf8-carry.ts';

/** What an asciicast is to say of itself. Null: it says nothing of it. */
export type AsciicastFields = {
  /** Null: 80 columns and 24 rows, for the format has no unknown size. */
  readonly columns: number | null;
  readonly rows: number | null;
  /** Milliseconds since the epoch; written in whole seconds. */
  readonly startedAtMs: number | null;
  /** Null while the recording is live. Version 3 has no field for it. */
  readonly durationMs: number | null;
  readonly title: string | null;
  readonly command: string | null;
  /** The terminal's type, such as xterm-256color. */
  readonly termType: string | null;
};

type Runs = AsyncIterable<Run> | Iterable<Run>;

/** A recording as asciicast v2, in pieces of about 64 KiB. Read again, text and milliseconds are the same. */
export const writeAsciicastV2 = (fields: AsciicastFields, runs: Runs): AsyncGenerator<string, void, void> =>
  linePieces(runs, new AsciicastLines(headerV2(fields), (timeMs) => timeMs));

/** A recording as asciicast v3. */
export const writeAsciicastV3 = (fields: AsciicastFields, runs: Runs): AsyncGenerator<string, void, void> =>
  linePieces(runs, new AsciicastLines(headerV3(fields), (timeMs, beforeMs) => timeMs - beforeMs));

/**
 * Version 3 as a stream that somebody joins: a line is a message. What was before joinedMs comes at once, and time runs from
 * there.
 */
export const liveLinesV3 = (fields: AsciicastFields, joinedMs: number): LineWriter =>
  new AsciicastLines(headerV3(fields), (timeMs, beforeMs) => since(joinedMs, timeMs) - since(joinedMs, beforeMs));

/** The same as asciinema-player's event source driver reads it: `{cols, rows, time}`, then times from the moment of joining. */
export const liveEvents = ({ columns, rows }: AsciicastFields, joinedMs: number): LineWriter =>
  new AsciicastLines({ cols: columns ?? 80, rows: rows ?? 24, time: 0 }, (timeMs) => since(joinedMs, timeMs));

const since = (joinedMs: number, timeMs: number): number => Math.max(timeMs - joinedMs, 0);

const inSeconds = (timeMs: number | null): number | undefined =>
  timeMs === null ? undefined : Math.floor(timeMs / 1000);

/** Fields that are undefined are left out by JSON. */
const headerV2 = (fields: AsciicastFields): object => ({
  version: 2,
  width: fields.columns ?? 80,
  height: fields.rows ?? 24,
  timestamp: inSeconds(fields.startedAtMs),
  duration: fields.durationMs === null ? undefined : fields.durationMs / 1000,
  command: fields.command ?? undefined,
  title: fields.title ?? undefined,
  env: fields.termType === null ? undefined : { TERM: fields.termType },
});

const headerV3 = (fields: AsciicastFields): object => ({
  version: 3,
  term: { cols: fields.columns ?? 80, rows: fields.rows ?? 24, type: fields.termType ?? undefined },
  timestamp: inSeconds(fields.startedAtMs),
  command: fields.command ?? undefined,
  title: fields.title ?? undefined,
});

class AsciicastLines implements LineWriter {
  readonly #header: object;
  /** The time to write, in milliseconds: from the start, or from the event before. */
  readonly #timeToWrite: (timeMs: number, beforeMs: number) => number;
  #beforeMs = 0;
  #output: TextCarry | null = null;
  readonly #input = new TextCarry();

  constructor(header: object, timeToWrite: (timeMs: number, beforeMs: number) => number) {
    this.#header = header;
    this.#timeToWrite = timeToWrite;
  }

  head(): string {
    return `${JSON.stringify(this.#header)}\n`;
  }

  *lines(run: Run): Generator<string, void, void> {
    this.#output ??= new TextCarry(run.carry);
    for (const event of eventsOf(run.msgpack)) {
      const data = event.payload[0];
      if (data instanceof Uint8Array && (event.code === 'o' || event.code === 'i')) {
        const carry = event.code === 'o' ? this.#output : this.#input;
        yield this.#line(event.timeMs, event.code, carry.decode(data));
        if (event.payload.length > 1) yield this.#line(event.timeMs, 'm', cutLabel(data, event.payload[1]));
      } else {
        const [code, text] = codeAndText(event);
        yield this.#line(event.timeMs, code, text);
      }
    }
  }

  tail(): string {
    const output = this.#output?.end() ?? '';
    const input = this.#input.end();
    return (
      (output === '' ? '' : this.#line(this.#beforeMs, 'o', output)) +
      (input === '' ? '' : this.#line(this.#beforeMs, 'i', input))
    );
  }

  #line(timeMs: number, code: string, text: string): string {
    const time = this.#timeToWrite(timeMs, this.#beforeMs) / 1000;
    this.#beforeMs = timeMs;
    return `[${time},${JSON.stringify(code)},${JSON.stringify(text)}]\n`;
  }
}

const codeAndText = (event: RecordedEvent): readonly [string, string] => {
  const [first, second] = event.payload;
  switch (event.code) {
    case 'r':
      return ['r', `${String(first)}x${String(second)}`];
    case 'x':
      return ['x', String(first ?? second ?? '')];
    case 'gap':
      return ['m', gapLabel(Object(first))];
    default: {
      const text = event.payload.find((value) => typeof value === 'string');
      return [event.code, text ?? (first === undefined ? '' : JSON.stringify(jsonOf(first)))];
    }
  }
};

/** A gap for people, since asciicast has no event for it. */
const gapLabel = (gap: Partial<GapPayload>): string => {
  const lost = [
    typeof gap.lostEvents === 'number' ? [`${gap.lostEvents} events lost`] : [],
    typeof gap.lostBytes === 'number' ? [`${gap.lostBytes} bytes lost`] : [],
    typeof gap.cause === 'string' ? [gap.cause] : [],
  ];
  return `[gap: ${lost.flat().join(': ')}]`;
};

const cutLabel = (data: Uint8Array, realLength: unknown): string =>
  `[cut: ${data.length} of ${String(realLength)} bytes recorded]`;
