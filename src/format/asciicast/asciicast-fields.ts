import type { Recording } from '../../model/recording.ts';
import type { Session } from '../../model/session.ts';
import type { AsciicastFields } from './asciicast-writer.ts';

/** What a session's recording says of itself as an asciicast: what it said when it was imported, where it was. */
export const asciicastFieldsOf = (session: Session, recording: Recording): AsciicastFields => ({
  columns: recording.columns,
  rows: recording.rows,
  startedAtMs: recording.startedAtMs,
  durationMs: recording.state === 'LIVE' ? null : recording.durationMs,
  title: label(session, 'title') ?? `${session.user.identity} on ${session.socket.name}`,
  command: label(session, 'command'),
  termType: label(session, 'term'),
});

const label = (session: Session, name: string): string | null => {
  const value = session.labels?.[name];
  return typeof value === 'string' ? value : null;
};
