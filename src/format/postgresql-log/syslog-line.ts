import { readLogTime, readSyslogTime } from './log-time.ts';
import type { TextLine } from './text-log.ts';

/** A line that syslog wrote for a server: RFC 3164's form, or with an ISO 8601 time in its place. */
const syslogLine =
  /^(?:<\d{1,3}>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,30}) \S{1,255} ([\w./-]{1,64})(?:\[(\d{1,10})\])?: ?/;
/** `[7-2] `: number of the message within its backend, and of the line within the message. */
const sequence = /^\[(\d{1,12})-(\d{1,12})\] ?/;

/** Programs' names under which servers log: syslog_ident. */
const serverIdent = /postgres|^pg/i;

/** What syslog's times leave out. */
export type SyslogClock = {
  /** When the file was last written, in milliseconds since the epoch: times have no year. */
  readonly notAfterMs: number;
  /** The instant of a time that was read as if it were UTC: times have no zone. */
  readonly instantOf: (asUtcMs: number) => number;
};

/**
 * A line of a stderr log out of a line of syslog.
 * @returns null for no line of syslog; 'other' for one of another program
 */
export const readSyslogLine = (line: string, number: number, clock: SyslogClock): TextLine | 'other' | null => {
  const match = syslogLine.exec(line);
  if (match === null) return null;
  const [whole, time = '', ident = '', pid] = match;
  if (!serverIdent.test(ident)) return 'other';
  const asUtcMs = time.includes('T') ? null : readSyslogTime(time, clock.notAfterMs);
  const atMs = asUtcMs === null ? readLogTime(time) : clock.instantOf(asUtcMs);
  if (atMs === null) return null;
  const rest = line.slice(whole.length);
  const counted = sequence.exec(rest);
  return {
    text: rest.slice(counted?.[0].length ?? 0),
    number,
    outer: {
      atMs,
      yearlessTime: asUtcMs === null ? null : time,
      pid: pid === undefined ? null : Number(pid),
      isRest: counted !== null && counted[2] !== '1',
    },
  };
};
