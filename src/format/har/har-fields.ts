import type { Recording } from '../../model/recording.ts';
import type { Session } from '../../model/session.ts';

/** What a HAR says beside its entries. */
export type HarFields = {
  /** Of this program. */
  readonly version: string;
  /** Of the recording, milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** For people. */
  readonly comment: string;
  /** As an imported HAR had them; other shapes are left out. */
  readonly browser: unknown;
  readonly pages: unknown;
};

/** What a session's recording says of itself as a HAR. @param version of this program */
export const harFieldsOf = (session: Session, recording: Recording, version: string): HarFields => ({
  version,
  startedAtMs: recording.startedAtMs,
  comment: `${session.user.identity} on ${session.socket.name}, session ${session.sessionId}, recording ${recording.recordingId}`,
  browser: session.labels?.['browser'],
  pages: session.labels?.['pages'],
});
