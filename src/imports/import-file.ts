import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import type { WholeFormat } from './asciicast.ts';
import { feedSteps, type FeedParts } from './feed-steps.ts';
import { importFormats } from './formats.ts';
import type { ImportFormat, ImportGiven } from './import-format.ts';
import type { FileHead, ImportSource } from './import-source.ts';
import { SkippedLines } from './skipped-lines.ts';

/** What became of a file. */
export type ImportedFile = {
  /** The format's name. */
  readonly format: string;
  /** `known` when nothing of it is new. */
  readonly status: 'imported' | 'known';
  /** Sessions that are there now. */
  readonly sessions: number;
  /** Where the file is one session. */
  readonly sessionId: SessionId | null;
  readonly recordingId: RecordingId | null;
  /** Known sessions of which the file has more than is there: they ended, and take nothing more. */
  readonly outgrown: number;
  readonly events: number;
  readonly clampedTimes: number;
  readonly skipped: SkippedLines;
  /** Sessions that the Intake refused. */
  readonly refused: { readonly count: number; readonly first: readonly string[] };
};

export type AnyFormat = ImportFormat | WholeFormat;

/** The format of that name; undefined when there is none. */
export const formatNamed = (name: string): AnyFormat | undefined =>
  importFormats.find((format) => format.name === name);

/** Whether the file belongs to another one of its folder, which is taken in with it. */
export const isCompanion = (head: FileHead): boolean =>
  importFormats.some((format) => format.isCompanion?.(head) === true);

/** The first format that knows the file by its head. @throws NotARecording when none does */
export const formatOf = (head: FileHead): AnyFormat => {
  if (head.bytes.length === 0) throw new NotARecording('the file is empty', null);
  const format = importFormats.find((each) => each.recognises(head));
  if (format === undefined) throw new NotARecording('no format that this program knows', null);
  return format;
};

/**
 * Takes in a file of a format.
 * @throws NotARecording, Refusal (of the intake), and what the source throws
 */
export const importFile = async (
  parts: FeedParts,
  format: AnyFormat,
  source: ImportSource,
  given: Omit<ImportGiven, 'newHash'>,
): Promise<ImportedFile> => {
  if ('importWhole' in format) {
    const whole = await format.importWhole(parts, source, given.defaults, given.signal);
    const nothing = { outgrown: 0, skipped: new SkippedLines(), refused: { count: 0, first: [] } };
    return { ...whole, ...nothing, format: format.name, sessions: 1 };
  }
  const steps = format.read(source, { ...given, newHash: parts.newHash });
  const { only, known, ...report } = await feedSteps(parts, format.name, steps, given.signal);
  const isKnown = report.sessions > 0 && known === report.sessions;
  return {
    ...report,
    format: format.name,
    status: isKnown ? 'known' : 'imported',
    sessionId: only?.sessionId ?? null,
    recordingId: only?.recordingId ?? null,
  };
};
