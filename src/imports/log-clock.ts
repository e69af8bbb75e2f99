import { instantIn, type LocalTime } from '../format/lines/log-time.ts';
import { withYear, type YearlessTime } from '../format/lines/syslog-line.ts';

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
}
