import { instantIn, type LocalTime } from '../format/lines/log-time.ts';
import { withYear, type YearlessTime } from '../format/lines/syslog-line.ts';

/** When a line of a log was written. */
export type LogMoment = {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /**
   * The same wherever and whenever the log is read: the time as it is written, which a zone and a year may be missing from.
   * Keys of sessions are made of it, so that a log that was copied, and has another last write, is the same sessions.
   */
  readonly mark: number | string;
};

/** What a log's times are when they name no zone, or no year: of the zone that is given, and not after the log's last write. */
export class LogClock {
  readonly #timeZone: string;
  readonly #writtenAtMs: number;

  /** @param writtenAtMs milliseconds since the epoch: the log's last write */
  constructor(timeZone: string, writtenAtMs: number) {
    this.#timeZone = timeZone;
    this.#writtenAtMs = writtenAtMs;
  }

  /** Milliseconds since the epoch; null for a day that no year has. */
  instant(time: number | LocalTime | YearlessTime): number | null {
    if (typeof time === 'number') return time;
    const local = 'asUtcMs' in time ? time : withYear(time, this.#writtenAtMs);
    return local === null ? null : instantIn(this.#timeZone, local);
  }

  /** The same with its mark; null for a day that no year has. */
  moment(time: number | LocalTime | YearlessTime): LogMoment | null {
    const atMs = this.instant(time);
    return atMs === null ? null : { atMs, mark: markOf(time) };
  }
}

const markOf = (time: number | LocalTime | YearlessTime): number | string => {
  if (typeof time === 'number') return time;
  return 'asUtcMs' in time ? `${time.asUtcMs}` : `${time.month}/${time.day} ${time.timeMs}`;
};
