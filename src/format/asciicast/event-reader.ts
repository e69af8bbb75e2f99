import { InvalidInput } from '../../model/errors.ts';
import { EVENT_BYTES_MAX, EVENT_CODE_BYTES_MAX, RECORDING_MS_MAX, TERMINAL_CELLS_MAX } from '../../model/limits.ts';
import type { RecordedEvent } from '../../model/recorded-event.ts';
import { reservedCodes } from '../event-walk.ts';
import { storable } from '../storable.ts';
import { unfinishedLength } from '../utf8-carry.ts';
import { isCells, shown } from './asciicast-header.ts';
import { NotARecording } from './not-a-recording.ts';

const encoder = new TextEncoder();
const sizePattern = /^(\d{1,5})x(\d{1,5})$/;
const statusPattern = /^-?\d{1,9}$/;
const endsWithHighSurrogate = /[\ud800-\udbff]$/;

/** What was mended while reading. */
export type AsciicastCounts = {
  readonly events: number;
  /** Times that were negative or went backwards; they became the time before. */
  readonly clampedTimes: number;
  /** Events with a code that is not one of o, i, r, m, x. */
  readonly unknownCodes: number;
};

/**
 * Makes recorded events of an asciicast's `[time, code, data]`, one after the other. Intervals (versions 1 and 3) are summed
 * in whole microseconds, so that rounding to milliseconds never adds up.
 */
export class EventReader {
  readonly #areIntervals: boolean;
  #timeUs = 0;
  #latestSeconds = 0;
  #timeMs = 0;
  #events = 0;
  #clampedTimes = 0;
  #unknownCodes = 0;
  /** The first half of a surrogate pair whose second half the next output may begin with. */
  #highSurrogate = '';

  constructor(version: 1 | 2 | 3) {
    this.#areIntervals = version !== 2;
  }

  get counts(): AsciicastCounts {
    return { events: this.#events, clampedTimes: this.#clampedTimes, unknownCodes: this.#unknownCodes };
  }

  /**
   * One event, or several at one time where the data is too long for one. @param at names the event in refusals
   * @throws NotARecording
   */
  read(value: unknown, line: number | null, at = ''): readonly RecordedEvent[] {
    if (!Array.isArray(value) || value.length !== 3) {
      throw new NotARecording(`${at}not an event [time, code, data]: ${shown(value)}`, line);
    }
    const [time, code, data] = value as unknown[];
    if (typeof time !== 'number' || !Number.isFinite(time)) {
      throw new NotARecording(`${at}the time is not a number: ${shown(time)}`, line);
    }
    if (typeof code !== 'string') throw new NotARecording(`${at}the code is not a text: ${shown(code)}`, line);
    this.#advance(time, line);
    return this.#counted(this.#eventsOf(code, data, at, line));
  }

  /** After the last event: what was held back of the output. */
  end(): readonly RecordedEvent[] {
    const text = this.#highSurrogate;
    this.#highSurrogate = '';
    return text === '' ? [] : this.#counted([this.#event('o', [encoder.encode(text)])]);
  }

  #counted(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
    this.#events += events.length;
    return events;
  }

  #advance(seconds: number, line: number | null): void {
    let timeMs = Math.round(seconds * 1000);
    if (this.#areIntervals) {
      if (seconds < 0) this.#clampedTimes += 1;
      this.#timeUs += Math.max(0, Math.round(seconds * 1_000_000));
      timeMs = Math.round(this.#timeUs / 1000);
    } else {
      if (seconds < this.#latestSeconds) this.#clampedTimes += 1;
      this.#latestSeconds = Math.max(seconds, this.#latestSeconds);
      timeMs = Math.max(timeMs, this.#timeMs);
    }
    if (timeMs > RECORDING_MS_MAX) {
      throw new NotARecording(`the time is beyond ${RECORDING_MS_MAX / 1000} seconds: ${seconds}`, line);
    }
    this.#timeMs = timeMs;
  }

  #event(code: string, payload: readonly unknown[]): RecordedEvent {
    return { timeMs: this.#timeMs, code, payload };
  }

  #eventsOf(code: string, data: unknown, at: string, line: number | null): readonly RecordedEvent[] {
    switch (code) {
      case 'o':
        return this.#dataEvents(code, this.#joined(textOf(code, data, at, line)));
      case 'i':
        return this.#dataEvents(code, textOf(code, data, at, line));
      case 'm':
        return [this.#event(code, [textOf(code, data, at, line).toWellFormed()])];
      case 'r':
        return [this.#event(code, sizeOf(textOf(code, data, at, line), at, line))];
      case 'x':
        return [this.#event(code, exitOf(data, at, line))];
      default:
        this.#unknownCodes += 1;
        return [this.#event(code, [unknownOf(code, data, at, line)])];
    }
  }

  /** Output with its begin and end mended where writers cut a surrogate pair in two. */
  #joined(text: string): string {
    const whole = this.#highSurrogate + text;
    this.#highSurrogate = endsWithHighSurrogate.exec(whole)?.[0] ?? '';
    return this.#highSurrogate === '' ? whole : whole.slice(0, -1);
  }

  #dataEvents(code: string, text: string): readonly RecordedEvent[] {
    const bytes = encoder.encode(text);
    if (bytes.length <= EVENT_BYTES_MAX) return [this.#event(code, [bytes])];
    const events: RecordedEvent[] = [];
    for (let start = 0; start < bytes.length;) {
      let part = bytes.subarray(start, start + EVENT_BYTES_MAX);
      part = part.subarray(0, part.length - unfinishedLength(part));
      events.push(this.#event(code, [part]));
      start += part.length;
    }
    return events;
  }
}

const textOf = (code: string, data: unknown, at: string, line: number | null): string => {
  if (typeof data !== 'string') throw new NotARecording(`${at}the data of ${code} is not a text: ${shown(data)}`, line);
  return data;
};

const sizeOf = (text: string, at: string, line: number | null): readonly number[] => {
  const match = sizePattern.exec(text);
  const size = [Number(match?.[1]), Number(match?.[2])];
  if (!size.every(isCells)) {
    throw new NotARecording(
      `${at}a resize must be COLUMNSxROWS, each from 1 to ${TERMINAL_CELLS_MAX}, got ${shown(text)}`,
      line,
    );
  }
  return size;
};

/** Status and signal. What is no number is taken for the name of a signal. */
const exitOf = (data: unknown, at: string, line: number | null): readonly unknown[] => {
  const text = textOf('x', Number.isSafeInteger(data) ? String(data) : data, at, line);
  if (statusPattern.test(text)) return [Number(text), null];
  return [null, text === '' ? null : text.toWellFormed()];
};

/** The data of a code that asciicast does not know, to be kept as it is. */
const unknownOf = (code: string, data: unknown, at: string, line: number | null): unknown => {
  const size = encoder.encode(code).length;
  // NOTE: `gap` is a code of this program, whose data is a map.
  if (
    size === 0 ||
    size > EVENT_CODE_BYTES_MAX ||
    !code.isWellFormed() ||
    code === 'gap' ||
    reservedCodes.includes(code)
  ) {
    throw new NotARecording(`${at}the code ${shown(code)} cannot be kept`, line);
  }
  try {
    return storable(data, 'the data');
  } catch (error) {
    if (error instanceof InvalidInput) throw new NotARecording(at + error.message, line);
    throw error;
  }
};
