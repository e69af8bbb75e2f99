import { type LocalTime, monthOf, readIsoTime } from './log-time.ts';

/** A time of RFC 3164, which has no year; `month` is from 0. */
export type YearlessTime = {
  readonly month: number;
  readonly day: number;
  /** Within the day. */
  readonly timeMs: number;
};

/** A line that a syslog daemon or journald wrote: RFC 3164, RFC 5424, or with an ISO 8601 time before the host. */
export type SyslogLine = {
  /** Milliseconds since the epoch where it names its zone. */
  readonly time: number | LocalTime | YearlessTime;
  readonly host: string;
  readonly program: string;
  /** Null where it says none. */
  readonly pid: number | null;
  readonly message: string;
};

const bsd =
  /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?:\.\d+)? (\S+) ([^\s:[]+)(?:\[(\d+)\])?: ?(.*)$/s;
const iso = /^(?:<\d{1,3}>)?(\d{4}-\d{2}-\d{2}[T ]\S+) (\S+) ([^\s:[]+)(?:\[(\d+)\])?: ?(.*)$/s;
const ietf = /^<\d{1,3}>1 (\S+) (\S+) (\S+) (\S+) \S+ (?:-|(?:\[(?:[^\]"\\]|"(?:[^"\\]|\\.)*"|\\.)*\])+) ?(.*)$/s;

/** The line's parts; null when it is no line of a syslog. */
export const readSyslogLine = (line: string): SyslogLine | null => readBsd(line) ?? readIso(line) ?? readIetf(line);

const readBsd = (line: string): SyslogLine | null => {
  const match = bsd.exec(line);
  if (match === null) return null;
  const [, monthName = '', day, hours, minutes, seconds, host = '', program = '', pid, message = ''] = match;
  const month = monthOf(monthName);
  // A leap second is the second before it.
  const timeMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Math.min(Number(seconds), 59)) * 1000;
  if (month === -1 || Number(day) < 1 || Number(day) > 31 || timeMs >= 86_400_000) return null;
  return { time: { month, day: Number(day), timeMs }, host, program, pid: pidOf(pid), message };
};

const readIso = (line: string): SyslogLine | null => {
  const [, timeText = '', host = '', program = '', pid, message = ''] = iso.exec(line) ?? [];
  const time = readIsoTime(timeText);
  return time === null ? null : { time, host, program, pid: pidOf(pid), message };
};

const readIetf = (line: string): SyslogLine | null => {
  const [, timeText = '', host = '', program = '', pid, message = ''] = ietf.exec(line) ?? [];
  const time = readIsoTime(timeText);
  return time === null ? null : { time, host, program, pid: pidOf(pid), message: message.replace(/^\ufeff/, '') };
};

const pidOf = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null;

/**
 * The time with a year: the latest in which it is not later than the log's last write.
 * @param notAfterMs milliseconds since the epoch; a day more is allowed for zones and clocks. @returns null for a day that no
 *   year has
 */
export const withYear = ({ month, day, timeMs }: YearlessTime, notAfterMs: number): LocalTime | null => {
  const latestMs = notAfterMs + 86_400_000;
  const latestYear = new Date(latestMs).getUTCFullYear();
  // Every eighth year at the latest has a 29th of February.
  for (let year = latestYear; year >= latestYear - 8; year -= 1) {
    const dayMs = Date.UTC(year, month, day);
    if (new Date(dayMs).getUTCDate() === day && dayMs + timeMs <= latestMs) return { asUtcMs: dayMs + timeMs };
  }
  return null;
};
