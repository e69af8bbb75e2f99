import { EventGap, InvalidInput, NotFound, SessionEnded } from '../../../model/errors.ts';
import type { SessionId } from '../../../model/ids.ts';
import { CLOCK_SKEW_MAX_MS, RECORDING_EVENTS_MAX } from '../../../model/limits.ts';
import { scanBatch } from '../../../format/batch.ts';
import { checkPayload } from '../../../format/events/check-payload.ts';
import type { AppendBatchWrite, AppendedBatch } from '../feeding-records.ts';
import type { RecordingRow, SessionRow } from '../session-row.ts';
import { checkOverlap, type GivenBatch, restOf } from './given-batch.ts';
import { seen } from './heartbeat.ts';
import { lastSize } from './last-size.ts';
import { checkEpoch } from './open-recording.ts';
import { mustBeFedStill, resumeIfLost, reviveRecordings } from './resume-session.ts';
import type { WriteContext } from './write-context.ts';

/** Events that are this young come as they happen, by a producer whose clock is behind; older ones are of a file. */
const signOfLifeMs = (atMs: number, eventMs: number): number => (atMs - eventMs < CLOCK_SKEW_MAX_MS ? atMs : eventMs);

/** The session's last sign of life is written at most this often while its events come in. */
const LAST_SEEN_STEP_MS = 1000;

/** Keeps the batch's events that are not there yet. */
export const appendBatch = (context: WriteContext, input: AppendBatchWrite): AppendedBatch => {
  const given = { firstEvent: input.firstEvent, msgpack: input.msgpack, ...scanBatch(input.msgpack, checkPayload) };
  const named = context.recordingRow(input.recordingId);
  // As ownSession says of another producer's: who asks must not learn that it is there.
  if (named === undefined) throw new NotFound('no such session');
  const session = fedSession(context, named, input);
  const newest = context.newestOf(named);
  if (newest.signature !== null) {
    const sessionId = session.session_id as SessionId;
    throw new SessionEnded(sessionId, 'the recording is sealed: it takes no more events');
  }
  // From the numbering and the clock of the recording that was named to those of the one that takes its events.
  const passedEvents = newest.base_event - named.base_event;
  const nextEvent = newest.event_count + passedEvents;
  if (given.firstEvent > nextEvent) throw new EventGap(input.recordingId, nextEvent, given.firstEvent);
  const known = Math.min(nextEvent - given.firstEvent, given.eventCount);
  if (known > 0) checkOverlap(context, named, newest, given, known);
  resumeIfLost(context, session, { ...input, message: 'events came again' });
  const target = { session, named, newest };
  const kept = known === given.eventCount ? newest : keep(context, target, given, known, input.atMs);
  if (kept !== newest) see(context, session, signOfLifeMs(input.atMs, named.started_ms + given.lastMs));
  const { kill } = session.status === 'KILLING' ? context.session(session.position) : { kill: null };
  return {
    sessionId: session.session_id as SessionId,
    recordingId: newest.recording_id as AppendedBatch['recordingId'],
    pendingBytes: kept.pending_bytes,
    nextEvent: Math.max(nextEvent, given.firstEvent + given.eventCount),
    kill,
  };
};

const fedSession = (context: WriteContext, row: RecordingRow, input: AppendBatchWrite): SessionRow => {
  const session = context.ownSession(row.session_id as SessionId, input.producer);
  checkEpoch(session, input.epoch);
  mustBeFedStill(context, session, input.atMs, 'no more events');
  return session;
};

/** Where a batch goes. */
type Target = {
  readonly session: SessionRow;
  /** The recording that its producer named … */
  readonly named: RecordingRow;
  /** … and the one that takes its events. */
  readonly newest: RecordingRow;
};

/** @returns the row as it is then */
const keep = (
  context: WriteContext,
  { session, named, newest }: Target,
  given: GivenBatch,
  known: number,
  atMs: number,
): RecordingRow => {
  checkFollows(named, newest, given, known);
  const batch = restOf(given, known, {
    events: newest.base_event - named.base_event,
    ms: newest.base_ms - named.base_ms,
  });
  context.run(
    'INSERT INTO batches (recording_key, first_event, event_count, first_ms, last_ms, msgpack) VALUES (?, ?, ?, ?, ?, ?)',
    newest.recording_key,
    batch.firstEvent,
    batch.eventCount,
    batch.firstMs,
    batch.lastMs,
    batch.msgpack,
  );
  const size = lastSize(given, known);
  const pendingBytes = newest.pending_bytes + batch.msgpack.length;
  context.run(
    `UPDATE recordings SET event_count = ?, duration_ms = ?, pending_bytes = ?,
       pending_since_ms = coalesce(pending_since_ms, ?), last_columns = coalesce(?, last_columns),
       last_rows = coalesce(?, last_rows) WHERE recording_key = ?`,
    batch.firstEvent + batch.eventCount,
    batch.lastMs,
    pendingBytes,
    atMs,
    size?.columns ?? null,
    size?.rows ?? null,
    newest.recording_key,
  );
  // Of a session that is to be cut, and whose producer came back to send what it has.
  if (session.status === 'KILLING' && newest.state === 'PARTIAL') {
    reviveRecordings(context, newest.session_position);
    context.touch(newest.session_position);
  }
  const kept = { ...newest, pending_bytes: pendingBytes };
  context.announceRecording(kept, 'appended');
  return kept;
};

/** @throws InvalidInput when the first new event is before the last one that is there, or too many are */
const checkFollows = (named: RecordingRow, newest: RecordingRow, given: GivenBatch, known: number): void => {
  const firstMs = given.times[known] ?? given.lastMs;
  const lastMs = newest.base_ms - named.base_ms + newest.duration_ms;
  if (firstMs < lastMs) {
    throw new InvalidInput(
      `events[${known}]`,
      `event ${given.firstEvent + known} is at ${firstMs} ms, before the event before it at ${lastMs} ms: time never goes backwards`,
    );
  }
  // Ordinals of the first recording of all are the largest that anybody names.
  const eventCount = given.firstEvent + given.eventCount + named.base_event;
  if (eventCount > RECORDING_EVENTS_MAX) {
    throw new InvalidInput('events', `a recording has at most ${RECORDING_EVENTS_MAX} events`);
  }
};

const see = (context: WriteContext, session: SessionRow, seenMs: number): void => {
  if (seenMs >= session.last_seen_ms + LAST_SEEN_STEP_MS) seen(context, session, seenMs);
};
