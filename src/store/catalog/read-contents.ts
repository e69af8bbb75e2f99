import type { Contents, ContentsPart } from './catalog.ts';
import { batchOf, chunkOf, type RecordingRow, recordingOf } from './session-row.ts';
import { build, type Statements } from './statements.ts';
import type { BatchesTable } from './tables.ts';

/** Closed chunks, then pending batches, of one recording. The caller holds the read transaction. */
export const readContents = (statements: Statements, row: RecordingRow, part: ContentsPart): Contents => {
  const chunks = statements.all(chunksQuery(row, part));
  const moreChunks = chunks.length > part.chunksMax;
  const batches = moreChunks ? { taken: [], more: row.pending_bytes > 0 } : readBatches(statements, row, part);
  return {
    recording: recordingOf(row),
    chunks: chunks.slice(0, part.chunksMax).map(chunkOf),
    moreChunks,
    batches: batches.taken.map(batchOf),
    moreBatches: batches.more,
  };
};

/** NOTE chunks do not overlap and are in order, so those that end at or after a place are those from one row on. */
const chunksQuery = (row: RecordingRow, part: ContentsPart) => {
  const own = build.selectFrom('chunks').selectAll().where('recording_key', '=', row.recording_key);
  let query = own.orderBy('first_event').limit(part.chunksMax + 1);
  if (part.fromEvent > 0) {
    const holding = build
      .selectFrom('chunks')
      .select('first_event')
      .where('recording_key', '=', row.recording_key)
      .where('first_event', '<=', part.fromEvent)
      .orderBy('first_event', 'desc')
      .limit(1);
    query = query
      .where((where) => where('first_event', '>=', where.fn.coalesce(holding, where.val(0))))
      .where((where) => where(where('first_event', '+', where.ref('event_count')), '>', part.fromEvent));
  }
  if (part.fromMs > 0) query = query.where('last_ms', '>=', part.fromMs);
  if (part.toMs !== null) query = query.where('first_ms', '<=', part.toMs);
  return query;
};

const readBatches = (
  statements: Statements,
  row: RecordingRow,
  part: ContentsPart,
): { taken: BatchesTable[]; more: boolean } => {
  const own = build.selectFrom('batches').selectAll().where('recording_key', '=', row.recording_key);
  let wanted = own.where((where) => where(where('first_event', '+', where.ref('event_count')), '>', part.fromEvent));
  if (part.fromMs > 0) wanted = wanted.where('last_ms', '>=', part.fromMs);
  if (part.toMs !== null) wanted = wanted.where('first_ms', '<=', part.toMs);
  const taken: BatchesTable[] = [];
  let bytes = 0;
  let more = false;
  for (const batch of statements.iterate(wanted.orderBy('first_event'))) {
    more = taken.length > 0 && bytes + batch.msgpack.length > part.batchBytesMax;
    if (more) break;
    taken.push(batch);
    bytes += batch.msgpack.length;
  }
  const [first] = taken;
  if (first === undefined || part.batchesBefore === 0) return { taken, more };
  const before = own
    .where('first_event', '<', first.first_event)
    .orderBy('first_event', 'desc')
    .limit(part.batchesBefore);
  return { taken: [...statements.all(before).toReversed(), ...taken], more };
};
