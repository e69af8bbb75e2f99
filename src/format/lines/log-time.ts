/** RFC 3339, and ISO 8601 with an offset such as +0200; the fraction after a point or a comma. */
const rfc3339 = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,12}))?\s?(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?$/;

/** What a time that names no zone is: milliseconds since the epoch, as if it were UTC. */
export type LocalTime = { readonly asUtcMs: number };

/**
 * Milliseconds since the epoch, rounded down; a LocalTime where the text names no zone; null where it is no time.
 */
export const readIsoTime = (text: string): number | LocalTime | null => {
  const match = rfc3339.exec(text.trim());
  if (match === null) return null;
  const [, day, time, fraction = '', zone] = match;
  const asUtcMs = asUtc(day ?? '', time ?? '', fraction);
  if (asUtcMs === null) return null;
  return zone === undefined ? { asUtcMs } : asUtcMs - offsetMs(zone);
};

/** Null for no such day or time. A leap second is the last millisecond before it: the epoch's seconds have no room for it. */
const asUtc = (day: string, time: string, fraction: string): number | null => {
  const isLeap = time.endsWith(':60');
  const seconds = isLeap ? `${time.slice(0, -2)}59.999` : `${time}.${fraction.padEnd(3, '0').slice(0, 3)}`;
  const ms = Date.parse(`${day}T${seconds}Z`);
  // NOTE Date.parse takes the 30th of February for the 1st of March.
  const isDay = new Date(ms).getUTCDate() === Number(day.slice(-2)) || time.startsWith('24');
  return Number.isNaN(ms) || !isDay ? null : ms;
};

/** Milliseconds since the epoch of a time that names its zone; null for all else. */
export const readInstant = (text: string): number | null => {
  const time = readIsoTime(text);
  return typeof time === 'number' ? time : null;
};

const offsetMs = (zone: string): number => {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
};

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** From 0; -1 for what is no English month's first three letters. */
export const monthOf = (text: string): number => months.indexOf(text.toLowerCase());

const commonLog = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))? ([+-]\d{4})$/;

/** The time of the common log format, `29/Sep/2021:12:37:05 +0000`; null where it is none. */
export const readCommonLogTime = (text: string): number | null => {
  const match = commonLog.exec(text);
  if (match === null) return null;
  const [, day, month = '', year, hour, minute, second, fraction = '', zone = ''] = match;
  const monthNumber = String(monthOf(month) + 1).padStart(2, '0');
  const iso = `${year}-${monthNumber}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}`;
  return readInstant(`${iso}${zone}`);
};

/** The instant at which a zone's clocks show the time; the earlier one where they show it twice. */
export const instantIn = (timeZone: string, { asUtcMs }: LocalTime): number => {
  const guess = asUtcMs - zoneOffsetMs(timeZone, asUtcMs);
  const offset = zoneOffsetMs(timeZone, guess);
  const instant = asUtcMs - offset;
  // An hour that is twice: the offset before the change is as good.
  const before = asUtcMs - zoneOffsetMs(timeZone, instant - 3_600_000 * 3);
  return before < instant && before + zoneOffsetMs(timeZone, before) === asUtcMs ? before : instant;
};

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const numeric = '2-digit';
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  });
  formats.set(timeZone, format);
  return format;
};

/** Zones change their clocks at a quarter of an hour, so an offset holds for one. */
const QUARTER_MS = 15 * 60_000;
/** By zone and quarter: a log goes on slowly, and asking takes long. */
const offsets = new Map<string, number>();
const OFFSETS_MAX = 1_000;

/** How far the zone's clocks are ahead of UTC at that instant. */
const zoneOffsetMs = (timeZone: string, atMs: number): number => {
  if (timeZone === 'UTC') return 0;
  const quarterMs = Math.floor(atMs / QUARTER_MS) * QUARTER_MS;
  const name = `${quarterMs} ${timeZone}`;
  const known = offsets.get(name);
  if (known !== undefined) return known;
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(quarterMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const at = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const offset = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second')) - quarterMs;
  if (offsets.size >= OFFSETS_MAX) offsets.clear();
  offsets.set(name, offset);
  return offset;
};
