import { noSuchSession, type Visibility } from '../../model/access.ts';
import { InvalidInput, NotFound } from '../../model/errors.ts';
import type { RecordingId, SessionId } from '../../model/ids.ts';
import { parseRecordingId, parseSessionId } from '../../model/parse-id.ts';
import { firstPage } from '../../model/page.ts';
import type { Run } from '../../model/run.ts';
import { tailRecording } from '../../live/tail.ts';
import type { RunsPart } from '../../store/recordings/recording-reader.ts';
import { builder } from './builder.ts';
import { visibilityFor, type Context } from './context.ts';
import { following } from './following.ts';
import { readSeconds } from './recording-chunk.ts';
import { RecordingChunkRef } from './refs.ts';
import { noteEachWatched } from '../watched.ts';

/** @throws NotFound when the session is not there, or has no such recording */
const findRecording = async (
  context: Context,
  visibility: Visibility,
  sessionId: SessionId,
  wanted: RecordingId | null,
): Promise<RecordingId> => {
  const { catalog } = context.parts;
  if ((await catalog.session(visibility, sessionId)) === null) noSuchSession();
  const recording =
    wanted === null
      ? (await catalog.recordings(visibility, sessionId, firstPage(1))).items[0]
      : await catalog.recording(visibility, wanted);
  if (recording?.sessionId !== sessionId) throw new NotFound('the session has no such recording');
  return recording.recordingId;
};

/** What is stored, and nothing that comes later. */
async function* storedRuns(
  context: Context,
  visibility: Visibility,
  recordingId: RecordingId,
  part: RunsPart,
  stopped: AbortSignal,
): AsyncGenerator<Run, void, void> {
  for await (const run of context.parts.reader.runs(visibility, recordingId, part)) {
    if (stopped.aborted) return;
    yield run;
  }
}

builder.subscriptionField('recording', (t) =>
  t.field({
    type: RecordingChunkRef,
    description:
      'A recording as a stream: its events from disk, then as they come, without gap or repeat. Completes when the recording is sealed. It is read as fast as the client takes it, and no faster; after a break go on with fromEvent.',
    args: {
      sessionId: t.arg({ type: 'UUID', required: true, description: "The session's sessionId." }),
      recordingId: t.arg({ type: 'UUID', description: 'Which of its recordings; the first when absent.' }),
      from: t.arg.float({
        defaultValue: 0,
        description:
          'Seconds from the start: the run that holds it comes first, whole. Passed over when fromEvent is given.',
      }),
      fromEvent: t.arg.int({
        description: 'Ordinal of the first event wanted: firstEvent + eventCount of the last run that the client has.',
      }),
      follow: t.arg.boolean({
        defaultValue: true,
        description: 'Whether to go on with what comes; false completes at the end of what is stored.',
      }),
    },
    subscribe: async (_root, given, context) => {
      const visibility = visibilityFor(context, 'read-recording');
      const fromEvent = given.fromEvent ?? null;
      if (fromEvent !== null && fromEvent < 0) {
        throw new InvalidInput('fromEvent', `fromEvent must be at least 0, got ${fromEvent}`);
      }
      const fromMs = readSeconds(given.from ?? 0, 'from');
      const part = { fromEvent: fromEvent ?? 0, fromMs: fromEvent === null ? fromMs : 0, toMs: null };
      const wanted = given.recordingId == null ? null : parseRecordingId(given.recordingId);
      const sessionId = parseSessionId(given.sessionId);
      const recordingId = await findRecording(context, visibility, sessionId, wanted);
      const read = (given.follow ?? true) ? tailRecording.bind(null, context.parts) : storedRuns.bind(null, context);
      return following(context, (stopped) =>
        noteEachWatched(context, { sessionId, recordingId }, read(visibility, recordingId, part, stopped)),
      );
    },
    resolve: (run) => run,
  }),
);
