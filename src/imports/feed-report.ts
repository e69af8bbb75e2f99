import type { RecordingId, SessionId } from '../model/ids.ts';
import type { SkippedLines } from './skipped-lines.ts';

/** What became of a file that was read step by step. */
export type FeedReport = {
  /** Sessions that are there now, the known ones among them. Alike refused attempts are counted one by one. */
  readonly sessions: number;
  /** Those of them that were there before. */
  readonly known: number;
  /** Those of the known ones of which the file has more than is there: they ended, and take nothing more. */
  readonly outgrown: number;
  readonly events: number;
  /** Times that went backwards and were set to the time before. */
  readonly clampedTimes: number;
  readonly skipped: SkippedLines;
  /** Sessions that could not be taken in. */
  readonly refused: { readonly count: number; readonly first: readonly string[] };
  /** Where the file is one session; otherwise null. */
  readonly only: { readonly sessionId: SessionId; readonly recordingId: RecordingId | null } | null;
};
