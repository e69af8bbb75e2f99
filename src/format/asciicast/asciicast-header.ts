import { TERMINAL_CELLS_MAX } from '../../model/limits.ts';
import { NotARecording } from './not-a-recording.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What an asciicast says of itself. Null where it does not, or says it in a way that nobody can use. */
export type AsciicastHeader = {
  readonly version: 1 | 2 | 3;
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number | null;
  readonly durationMs: number | null;
  readonly title: string | null;
  readonly command: string | null;
  readonly env: Readonly<Record<string, string>> | null;
  readonly theme: Fields | null;
  readonly idleTimeLimitSeconds: number | null;
  readonly tags: readonly string[];
  readonly termType: string | null;
  /** Every field of the header as it stood, but for the events of version 1. */
  readonly fields: Fields;
};

/** The last millisecond of the year 9999: what RFC 3339 can write. */
const TIME_MAX_MS = 253_402_300_799_999;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param value the parsed first line, or document. @throws NotARecording */
export const readAsciicastHeader = (value: unknown, line: number | null): AsciicastHeader => {
  if (!isFields(value)) throw new NotARecording('not an asciicast: it does not begin with a JSON object', line);
  const version = value['version'];
  if (version === undefined) throw new NotARecording('not an asciicast: the header has no version', line);
  if (version !== 1 && version !== 2 && version !== 3) {
    throw new NotARecording(`version ${shown(version)} is not one of 1, 2, 3`, line);
  }
  const { stdout: _events, ...fields } = value;
  const term = version === 3 ? fieldsOrNull(value['term']) : null;
  const env = envOrNull(value['env']);
  return {
    version,
    columns: readCells(version === 3 ? term?.['cols'] : value['width'], version === 3 ? 'term.cols' : 'width', line),
    rows: readCells(version === 3 ? term?.['rows'] : value['height'], version === 3 ? 'term.rows' : 'height', line),
    startedAtMs: millisecondsOrNull(value['timestamp']),
    durationMs: millisecondsOrNull(value['duration']),
    title: textOrNull(value['title']),
    command: textOrNull(value['command']),
    env,
    theme: fieldsOrNull(term?.['theme'] ?? value['theme']),
    idleTimeLimitSeconds: secondsOrNull(value['idle_time_limit']),
    tags: Array.isArray(value['tags']) ? value['tags'].filter((tag) => typeof tag === 'string') : [],
    termType: textOrNull(term?.['type']) ?? env?.['TERM'] ?? null,
    fields: version === 1 ? fields : value,
  };
};

const readCells = (value: unknown, name: string, line: number | null): number => {
  if (value === undefined || value === null)
    throw new NotARecording(`the header has no size: ${name} is missing`, line);
  if (!isCells(value)) {
    throw new NotARecording(`${name} must be from 1 to ${TERMINAL_CELLS_MAX}, got ${shown(value)}`, line);
  }
  return value;
};

/** Whether a value may be a terminal's columns or rows. */
export const isCells = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= TERMINAL_CELLS_MAX;

/** A JSON value for a message: its first characters. */
export const shown = (value: unknown): string => {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isFields(value)) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
};

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value.toWellFormed() : null);

const fieldsOrNull = (value: unknown): Fields | null => (isFields(value) ? value : null);

const secondsOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;

const millisecondsOrNull = (value: unknown): number | null => {
  const timeMs = Math.round((secondsOrNull(value) ?? Infinity) * 1000);
  return timeMs <= TIME_MAX_MS ? timeMs : null;
};

const envOrNull = (value: unknown): Readonly<Record<string, string>> | null => {
  if (!isFields(value)) return null;
  const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts);
};
