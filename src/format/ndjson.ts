import type { Run } from '../model/run.ts';
import { linePieces } from './line-pieces.ts';
import { eventsOf } from './run-events.ts';
import { tupleOf } from './tuples.ts';

/** A recording as one JSON tuple `[timeSeconds, code, ...payload]` a line, in pieces of about 64 KiB. */
export const writeNdjson = (runs: AsyncIterable<Run> | Iterable<Run>): AsyncGenerator<string, void, void> =>
  linePieces(runs, { head: () => '', lines: tupleLines, tail: () => '' });

function* tupleLines(run: Run): Generator<string, void, void> {
  for (const event of eventsOf(run.msgpack)) yield `${JSON.stringify(tupleOf(event))}\n`;
}
