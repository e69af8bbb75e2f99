import { openAsciicast } from '../../../src/format/asciicast/asciicast-reader.ts';
import type { AsciicastHeader } from '../../../src/format/asciicast/asciicast-header.ts';
import type { AsciicastFields } from '../../../src/format/asciicast/asciicast-writer.ts';
import type { AsciicastCounts } from '../../../src/format/asciicast/event-reader.ts';
import { encodeBatch } from '../../../src/format/batch-encoder.ts';
import { joinRun } from '../../../src/format/run-bytes.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import type { Run } from '../../../src/model/run.ts';

const encoder = new TextEncoder();

export type ReadCast = {
  readonly header: AsciicastHeader;
  readonly events: readonly RecordedEvent[];
  readonly counts: AsciicastCounts;
};

/** Reads a whole asciicast. */
export const readCast = async (...pieces: readonly (string | Uint8Array)[]): Promise<ReadCast> => {
  await using reader = await openAsciicast(
    pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece)),
  );
  const events: RecordedEvent[] = [];
  for await (const group of reader.groups()) events.push(...group);
  return { header: reader.header, events, counts: reader.counts };
};

/** The events as runs of at most `size` events each. */
export const runsOf = (events: readonly RecordedEvent[], size = 1000): Run[] => {
  const runs: Run[] = [];
  for (let firstEvent = 0; firstEvent < events.length; firstEvent += size) {
    const part = events.slice(firstEvent, firstEvent + size);
    const [firstMs, lastMs] = [part[0]?.timeMs ?? 0, part.at(-1)?.timeMs ?? 0];
    const msgpack = joinRun(firstEvent, [{ firstMs, lastMs, msgpack: encodeBatch(part) }]);
    runs.push({ firstEvent, eventCount: part.length, firstMs, lastMs, msgpack, carry: new Uint8Array() });
  }
  return runs;
};

/** All that comes. */
export const gathered = async <Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

export const written = async (pieces: AsyncIterable<string>): Promise<string> => (await gathered(pieces)).join('');

/** Header fields that say nothing but the size. */
export const plainFields: AsciicastFields = {
  columns: 80,
  rows: 24,
  startedAtMs: null,
  durationMs: null,
  title: null,
  command: null,
  termType: null,
};
