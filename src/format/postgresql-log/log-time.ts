import { monthOf } from '../lines/log-time.ts';
import { zoneOffsetMs } from './time-zones.ts';

/** Source of a regular expression for a time as `%m`, `%t` and csvlog write it. */
export const logTimePattern = String.raw`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,9})? ?(?:[A-Za-z][A-Za-z/_]{0,31}|[+-]\d\d(?::?\d\d)?)`;

const timeParts =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? ?([A-Za-z][A-Za-z/_]{0,31}|[+-]\d\d(?::?\d\d)?)$/;

/**
 * `2021-01-22 10:03:22.785 CET`, also without milliseconds, with a numeric zone, or as ISO 8601.
 * @returns milliseconds since the epoch; null for no such time, one before 1970, or a zone that nobody knows
 */
export const readLogTime = (text: string): number | null => {
  const match = timeParts.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '0', zone = ''] = match;
  const offsetMs = zoneOffsetMs(zone);
  if (offsetMs === null) return null;
  const wallMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.slice(0, 3).padEnd(3, '0')),
  );
  const isDate = new Date(wallMs).getUTCDate() === Number(day) && Number(month) <= 12 && Number(hour) < 24;
  return isDate && wallMs - offsetMs >= 0 ? wallMs - offsetMs : null;
};

/**
 * `Feb 11 13:15:39` of syslog (RFC 3164 section 4.1.2), which has neither year nor zone: read as if it were UTC, in the last
 * year in which it is not after the given time.
 * @param notAfterMs when the file was last written
 * @returns milliseconds since the epoch; null for no such time
 */
export const readSyslogTime = (text: string, notAfterMs: number): number | null => {
  const match = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)$/.exec(text);
  const month = monthOf(match?.[1] ?? '');
  if (match === null || month === -1) return null;
  const [, , day, hour, minute, second] = match;
  const latestYear = new Date(notAfterMs).getUTCFullYear();
  // NOTE 29 February may be up to 8 years back.
  for (let year = latestYear; year > latestYear - 9 && year >= 1970; year -= 1) {
    const atMs = Date.UTC(year, month, Number(day), Number(hour), Number(minute), Number(second));
    if (new Date(atMs).getUTCMonth() === month && atMs <= notAfterMs + CLOCK_LEEWAY_MS) return atMs;
  }
  return null;
};

/** The log's clock may be in a zone ahead of UTC. */
const CLOCK_LEEWAY_MS = 86_400_000;
