import { eventsOf } from '../format/run-events.ts';
import { type MayRing, TerminalFilter } from '../format/terminal/terminal-filter.ts';
import type { Run } from '../model/run.ts';

/** Terminal output to be shown at a moment. */
export type PlayedOutput = {
  /** From the recording's start. */
  readonly timeMs: number;
  /** The same with quiet times shortened: when it is shown, at speed 1. */
  readonly placeMs: number;
  /** Safe for a terminal. Never empty. */
  readonly text: string;
};

export type PlayedOutputParts = {
  /** Longest time between two events; Infinity: as it was. */
  readonly idleLimitMs: number;
  readonly mayRing: MayRing;
  /** Told of each place where something of the recording is lost. */
  readonly gap: () => void;
};

/** What a terminal recording shows, event by event. */
export async function* playedOutput(
  runs: AsyncIterable<Run>,
  { idleLimitMs, mayRing, gap }: PlayedOutputParts,
): AsyncGenerator<PlayedOutput, void, void> {
  const filter = new TerminalFilter(mayRing);
  let beforeMs = 0;
  let placeMs = 0;
  for await (const run of runs) {
    for (const { timeMs, code, payload } of eventsOf(run.msgpack)) {
      const [data] = payload;
      if (code === 'gap') gap();
      if (code !== 'o' || !(data instanceof Uint8Array)) continue;
      placeMs += Math.min(timeMs - beforeMs, idleLimitMs);
      beforeMs = timeMs;
      const text = filter.write(data);
      if (text !== '') yield { timeMs, placeMs, text };
    }
  }
}
