import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import type { ImportedFile } from '../imports/import-file.ts';
import type { SkippedLine } from '../imports/skipped-lines.ts';
import { InvalidInput, Refusal } from '../model/errors.ts';
import { printable } from './printable.ts';

/** What became of a file: one line of `--json`. */
export type ImportOutcome = {
  readonly file: string;
  /** A format's name; null where none was found. */
  readonly format: string | null;
  readonly status: 'imported' | 'known' | 'refused';
  /** Where the file is one session. */
  readonly sessionId: string | null;
  readonly recordingId: string | null;
  readonly sessions: number;
  /** Sessions of it that could not be taken in. */
  readonly refusedSessions: number;
  readonly events: number;
  /** Lines that no session has: how many, and the first of them. */
  readonly skipped: { readonly count: number; readonly first: readonly SkippedLine[] };
  readonly reason: string | null;
  readonly line: number | null;
};

/** How many reasons of skipped lines a person is told. */
const REASONS_SHOWN = 5;

/** @param file the name that people know it by */
export const outcomeOf = (file: string, imported: ImportedFile): ImportOutcome => {
  const { skipped, refused, clampedTimes, outgrown } = imported;
  const reasons = [
    clampedTimes === 0 ? null : `${clampedTimes} times went backwards and were set to the time before`,
    outgrown === 0
      ? null
      : `${outgrown} sessions go on beyond what was taken in before, and ended there: take logs in when they no longer grow`,
    refused.count === 0 ? null : `${refused.count} sessions could not be taken in: ${refused.first[0] ?? ''}`,
  ].filter((reason) => reason !== null);
  return {
    file,
    format: imported.format,
    status: imported.sessions === 0 ? 'refused' : imported.status,
    sessionId: imported.sessionId,
    recordingId: imported.recordingId,
    sessions: imported.sessions,
    refusedSessions: refused.count,
    events: imported.events,
    skipped: { count: skipped.count, first: skipped.first },
    reason: reasons.length === 0 ? null : reasons.join('; '),
    line: null,
  };
};

export const refusedOutcome = (
  file: string,
  format: string | null,
  reason: string,
  line: number | null,
): ImportOutcome => ({
  file,
  format,
  status: 'refused',
  sessionId: null,
  recordingId: null,
  sessions: 0,
  refusedSessions: 0,
  events: 0,
  skipped: { count: 0, first: [] },
  reason,
  line,
});

/** What is wrong with the file alone; null when nothing can be taken in any more. */
export const outcomeOfError = (file: string, format: string | null, error: unknown): ImportOutcome | null => {
  if (error instanceof NotARecording) return refusedOutcome(file, format, error.reason, error.line);
  if (error instanceof InvalidInput && isOption(error.field)) return null;
  if (error instanceof Refusal) {
    return error.code === 'UNAVAILABLE' ? null : refusedOutcome(file, format, error.message, null);
  }
  const isReading = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isReading ? refusedOutcome(file, format, `it cannot be read: ${error.message}`, null) : null;
};

/** Wrong for every file, because it was given for all. */
const isOption = (field: string): boolean => /^(?:client|server|user|socket|sshUser|authInfo|upstream)/.test(field);

/** What a person is told of the file: nothing when all went well. */
export function* outcomeLines(outcome: ImportOutcome, imported: ImportedFile | null): Generator<string> {
  const { file, status, reason, line, refusedSessions } = outcome;
  const name = printable(file);
  if (status === 'refused') yield `refused ${name}: ${line === null ? '' : `line ${line}: `}${printable(reason ?? '')}`;
  else if (refusedSessions > 0 || (imported?.outgrown ?? 0) > 0) yield `incomplete ${name}: ${printable(reason ?? '')}`;
  const skipped = imported?.skipped;
  if (skipped === undefined || skipped.count === 0) return;
  const reasons = skipped.byReason.map(([text, count]) => `${count} ${printable(text)}`);
  const more = reasons.length > REASONS_SHOWN ? ', …' : '';
  yield `skipped ${skipped.count} lines of ${name}: ${reasons.slice(0, REASONS_SHOWN).join(', ')}${more}`;
}
