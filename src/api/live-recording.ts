import { noSuchSession, visibilityOf } from '../model/access.ts';
import { NotFound } from '../model/errors.ts';
import type { RecordingId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Caller } from '../model/viewer.ts';
import { asciicastFieldsOf } from '../format/asciicast/asciicast-fields.ts';
import type { AsciicastFields } from '../format/asciicast/asciicast-writer.ts';
import { tailRecording } from '../live/tail.ts';
import type { ApiParts } from './parts.ts';
import { noteEachWatched } from './watched.ts';

/** A terminal recording that somebody joins. */
export type LiveRecording = {
  readonly fields: AsciicastFields;
  /** Where it was then, in milliseconds from its start. */
  readonly joinedMs: number;
  /** From its beginning, then as it comes, until it is sealed or the signal aborts. What is handed on is on record as watched. */
  readonly runs: (gone: AbortSignal) => AsyncIterable<Run>;
};

/** The caller may read recordings. @throws NotFound when there is none that they may see, or it is of no terminal */
export const joinRecording = async (
  parts: ApiParts,
  caller: Caller,
  recordingId: RecordingId,
): Promise<LiveRecording> => {
  const visibility = visibilityOf(caller.viewer);
  const recording = await parts.catalog.recording(visibility, recordingId);
  if (recording === null) throw new NotFound('no such recording');
  if (recording.kind !== 'TERMINAL') throw new NotFound(`only a terminal is shown live, and this is ${recording.kind}`);
  const session = (await parts.catalog.session(visibility, recording.sessionId)) ?? noSuchSession();
  const from = { fromEvent: 0, fromMs: 0, toMs: null };
  return {
    fields: asciicastFieldsOf(session, recording),
    joinedMs: recording.durationMs,
    runs: (gone) =>
      noteEachWatched({ parts, caller }, recording, tailRecording(parts, visibility, recordingId, from, gone)),
  };
};
