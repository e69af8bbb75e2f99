import { type RawBuilder, sql } from 'kysely';
import { isRunning, type SessionStatus } from '../../model/session.ts';
import type { Contents, ContentsPart } from './catalog.ts';
import { batchOf, chunkOf, type RecordingRow, recordingOf } from './session-row.ts';
import { build, type Statements } from './statements.ts';
import type { BatchesTable, ChunksTable } from './tables.ts';

/** Closed chunks, then pending batches, of one recording. The caller holds the read transaction. */
export const readContents = (statements: Statements, row: RecordingRow, part: ContentsPart): Contents => {
  const chunks = readChunks(statements, row, part);
  const moreChunks = chunks.length > part.chunksMax;
  const batches = moreChunks ? { taken: [], more: row.pending_bytes > 0 } : readBatches(statements, row, part);
  return {
    recording: recordingOf(row),
    chunks: chunks.slice(0, part.chunksMax).map(chunkOf),
    moreChunks,
    batches: batches.taken.map(batchOf),
    moreBatches: batches.more,
    isOver: isOver(statements, row),
  };
};

/**
 * A parameter that SQLite does not look at when it plans.
 * NOTE it would plan anew each time one is bound (STAT4), and there is one way to read these.
 */
const unseen: RawBuilder<number> = sql`${0} + 0`;

/**
 * Those that end after an event, and end no earlier and begin no later than two times, in order.
 * NOTE neither chunks nor batches overlap: what ends after an event is what holds it, and all that follows.
 */
const partOf = (table: 'chunks' | 'batches') => sql`SELECT * FROM ${sql.table(table)} WHERE recording_key = ${unseen}
  AND first_event >= coalesce((SELECT first_event FROM ${sql.table(table)} WHERE recording_key = ${unseen}
    AND first_event <= ${unseen} ORDER BY first_event DESC LIMIT 1), 0)
  AND first_event + event_count > ${unseen} AND last_ms >= ${unseen} AND first_ms <= ${unseen} ORDER BY first_event`;

const chunksOf = sql<ChunksTable>`${partOf('chunks')} LIMIT ${unseen}`.compile(build);
const batchesOf = (partOf('batches') as RawBuilder<BatchesTable>).compile(build);
const batchesBefore = sql<BatchesTable>`SELECT * FROM batches WHERE recording_key = ${unseen}
  AND first_event < ${unseen} ORDER BY first_event DESC LIMIT ${unseen}`.compile(build);

const parametersOf = ({ recording_key: key }: RecordingRow, { fromEvent, fromMs, toMs }: ContentsPart) =>
  [key, key, fromEvent, fromEvent, fromMs, toMs ?? Number.MAX_SAFE_INTEGER] as const;

/** One more than is wanted. */
const readChunks = (statements: Statements, row: RecordingRow, part: ContentsPart): readonly ChunksTable[] =>
  row.next_pending_event <= part.fromEvent
    ? []
    : statements.allCompiled(chunksOf, [...parametersOf(row, part), part.chunksMax + 1]);

const readBatches = (
  statements: Statements,
  row: RecordingRow,
  part: ContentsPart,
): { taken: BatchesTable[]; more: boolean } => {
  const taken: BatchesTable[] = [];
  if (row.event_count <= part.fromEvent || row.pending_bytes === 0) return { taken, more: false };
  let bytes = 0;
  let more = false;
  for (const batch of statements.iterateCompiled(batchesOf, parametersOf(row, part))) {
    more = taken.length > 0 && bytes + batch.msgpack.length > part.batchBytesMax;
    if (more) break;
    taken.push(batch);
    bytes += batch.msgpack.length;
  }
  const [first] = taken;
  if (first === undefined || part.batchesBefore === 0) return { taken, more };
  const before = [row.recording_key, first.first_event, part.batchesBefore];
  return { taken: [...statements.allCompiled(batchesBefore, before).toReversed(), ...taken], more };
};

const statusOf = build.selectFrom('sessions').select('status').where('position', '=', 0).compile();

/** What lost its file cannot be sealed: it ends with its session. */
const isOver = (statements: Statements, row: RecordingRow): boolean => {
  if (row.signature !== null || row.state !== 'CORRUPT') return row.signature !== null;
  const session = statements.getCompiled(statusOf, [row.session_position]);
  const status = session?.status as SessionStatus | undefined;
  return status === undefined || !(isRunning(status) || status === 'LOST');
};
