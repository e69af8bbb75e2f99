import type { ShapedPayload } from '../model/event-shapes.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import type { Recording } from '../model/recording.ts';
import type { SessionChangeKind } from '../model/session-change.ts';
import type { SessionEvent } from '../model/session-event.ts';
import type { Session } from '../model/session.ts';
import { jsonOf } from './tuples.ts';

/** A session that changed, as it is now, and what its change is to whoever follows. */
export type ExportedSession = {
  readonly session: Session;
  readonly change: Exclude<SessionChangeKind, 'LEFT' | 'REMOVED'>;
};

/** Something that happened about a session, or within one of its recordings. */
export type ExportedEvent =
  | { readonly of: 'session'; readonly session: Session; readonly event: SessionEvent }
  | {
      readonly of: 'recording';
      readonly session: Session;
      readonly recording: Pick<Recording, 'recordingId' | 'startedAtMs'>;
      /** Its number in the recording. */
      readonly ordinal: number;
      readonly event: RecordedEvent;
      /** Null where its code has no shape, or it has not the shape of its code. */
      readonly payload: ShapedPayload | null;
    };

/** What happened within a recording. */
export type ExportedRecordingEvent = Extract<ExportedEvent, { readonly of: 'recording' }>;

/** One language that exports are written in: plain objects that JSON can hold. */
export type ExportLanguage = {
  readonly session: (exported: ExportedSession) => object;
  readonly event: (exported: ExportedEvent) => object;
};

/** Names a session's state, an event: the same again when it is exported again, so that who has it already can tell. */
export const exportedSessionId = ({ sessionId, revision }: Session): string =>
  `${sessionId}@${revision.log}.${revision.position.toString(36)}`;

export const exportedEventId = (exported: ExportedEvent): string =>
  exported.of === 'session' ? exported.event.eventId : `${exported.recording.recordingId}#${exported.ordinal}`;

/** When it happened, in milliseconds since the epoch. */
export const exportedAtMs = (exported: ExportedEvent): number =>
  exported.of === 'session' ? exported.event.atMs : exported.recording.startedAtMs + exported.event.timeMs;

/** What is in a recorded event by names, as JSON has it; `values` in their order where nothing names them. */
export const exportedPayload = ({ event, payload }: ExportedRecordingEvent): Readonly<Record<string, unknown>> => {
  if (payload !== null) {
    const { code: _code, ...named } = payload;
    return jsonOf(named) as Readonly<Record<string, unknown>>;
  }
  const values = event.payload.map(jsonOf);
  if (event.code === 'x') return { status: values[0] ?? null, signal: values[1] ?? null };
  return event.code === 'm' ? { label: values[0] ?? null } : { values };
};
