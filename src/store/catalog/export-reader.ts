import type { Visibility } from '../../model/access.ts';
import type { Recording } from '../../model/recording.ts';
import type { Revision } from '../../model/revision.ts';
import type { SessionEvent } from '../../model/session-event.ts';
import type { SessionFilter } from '../../model/session-filter.ts';
import type { Session } from '../../model/session.ts';
import type { SessionChangeKind } from '../../model/session-change.ts';
import type { ChunkRow } from './chunk-row.ts';

/**
 * What has changed, in the order in which it was committed: for whoever copies the log elsewhere. Every read begins after a
 * place and ends by a limit, and whoever goes on from where one ended misses nothing.
 */
export interface ExportReader {
  /**
   * Where the first of the visible sessions that changed after this place end, `limit` of them at most: the place itself when
   * none did. It looks at EXPORT_LOOKED_MAX sessions of all producers, and may therefore end where fewer are visible, or none.
   * @throws RevisionUnknown
   */
  changesEnd(visibility: Visibility, after: Revision, limit: number): Promise<Revision>;
  /**
   * Visible sessions that match and whose last change is after `span.after` and no later than `span.until`, as they are now,
   * in that order. One that changes again is after `span.until` then. @throws RevisionUnknown
   */
  changedWithin(visibility: Visibility, filter: SessionFilter, span: ChangeSpan, limit: number): Promise<ChangedPage>;
  /** Events of visible sessions after this position, in the order in which they were told. */
  eventsTold(visibility: Visibility, after: number, limit: number): Promise<readonly ToldEvent[]>;
  /** Closed chunks of visible sessions from this position on, that one too, in the order in which they were closed. */
  chunksClosed(visibility: Visibility, from: number, limit: number): Promise<readonly ClosedChunk[]>;
  /** The newest positions. */
  exportPlace(): Promise<ExportPlace>;
}

export type ChangeSpan = {
  /** What a session's change is told by: opened or ended after this. */
  readonly since: Revision;
  /** Exclusive. */
  readonly after: Revision;
  /** Inclusive. */
  readonly until: Revision;
};

export type ChangedPage = {
  /** Of those that were looked at, the ones that match. */
  readonly sessions: readonly ChangedSession[];
  /** Where to go on; null when all were looked at. */
  readonly next: Revision | null;
};

export type ChangedSession = {
  readonly session: Session;
  readonly change: Exclude<SessionChangeKind, 'LEFT' | 'REMOVED'>;
};

export type ToldEvent = { readonly session: Session; readonly event: SessionEvent };

export type ClosedChunk = {
  /** Its place in the order in which chunks are closed. */
  readonly position: number;
  readonly session: Session;
  readonly recording: Recording;
  readonly chunk: ChunkRow;
};

export type ExportPlace = {
  /** The name of the log of changes. */
  readonly log: string;
  /** The newest session event; 0 when there is none. */
  readonly event: number;
  /** The newest closed chunk; 0 when there is none. */
  readonly closing: number;
};
