import type { RecordingId } from '../model/ids.ts';
import type { Recording } from '../model/recording.ts';
import type { SessionEvent } from '../model/session-event.ts';
import type { Session } from '../model/session.ts';
import { type GraphqlKill, graphqlKill } from './sent-kill.ts';

/** A session as whoever reads knows it, wherever from: without what is the log's own business. */
export type ReadSession = Omit<Session, 'position' | 'producer' | 'recordingCount' | 'epoch' | 'revision'>;

/** A recording in the same way. */
export type ReadRecording = Omit<Recording, 'sessionId' | 'position' | 'headHash' | 'signature' | 'keyId'>;

/** An entry of a session's story in the same way. */
export type ReadStoryEvent = Omit<SessionEvent, 'eventId' | 'sessionId' | 'position'>;

/** What GraphQL has otherwise: moments as text, seconds, and objects beside ids. The rest is named as in the model. */
export type GraphqlSession = Omit<ReadSession, 'startedAtMs' | 'lastSeenAtMs' | 'endedAtMs' | 'durationMs' | 'kill'> & {
  readonly startedAt: string;
  readonly lastSeenAt: string;
  readonly endedAt: string | null;
  readonly duration: number;
  readonly kill: GraphqlKill | null;
};
export type GraphqlRecording = Omit<ReadRecording, 'startedAtMs' | 'durationMs'> & {
  readonly startedAt: string;
  readonly duration: number;
};
export type GraphqlStoryEvent = Omit<ReadStoryEvent, 'atMs' | 'timeMs' | 'recordingId'> & {
  readonly at: string;
  readonly time: number | null;
  readonly recording: { readonly recordingId: RecordingId } | null;
};

const inMs = (seconds: number): number => Math.round(seconds * 1000);

export const readSessionOf = ({
  startedAt,
  lastSeenAt,
  endedAt,
  duration,
  kill,
  ...rest
}: GraphqlSession): ReadSession => ({
  ...rest,
  startedAtMs: Date.parse(startedAt),
  lastSeenAtMs: Date.parse(lastSeenAt),
  endedAtMs: endedAt === null ? null : Date.parse(endedAt),
  durationMs: inMs(duration),
  kill: kill === null ? null : graphqlKill(kill),
});

export const readRecordingOf = ({ startedAt, duration, ...rest }: GraphqlRecording): ReadRecording => ({
  ...rest,
  startedAtMs: Date.parse(startedAt),
  durationMs: inMs(duration),
});

export const readStoryEventOf = ({ at, time, recording, ...rest }: GraphqlStoryEvent): ReadStoryEvent => ({
  ...rest,
  atMs: Date.parse(at),
  timeMs: time === null ? null : inMs(time),
  recordingId: recording?.recordingId ?? null,
});
