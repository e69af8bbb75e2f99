import { noSuchSession, type Visibility } from '../../model/access.ts';
import { InvalidInput, NotFound } from '../../model/errors.ts';
import type { RecordingId, SessionId } from '../../model/ids.ts';
import { parseRecordingId, parseSessionId } from '../../model/parse-id.ts';
import { firstPage } from '../../model/page.ts';
import type { Run } from '../../model/run.ts';
import { sliceRun } from '../../format/run-bytes.ts';
import { tailRecording, type TailParts } from '../../live/tail.ts';
import type { RunsPart } from '../../store/recordings/recording-reader.ts';
import { builder } from './builder.ts';
import { visibilityFor, type Context } from './context.ts';
import { readSeconds } from './recording-chunk.ts';
import { RecordingChunkRef } from './refs.ts';
import type { SharedSource } from './shared-source.ts';
import { watching } from './watching.ts';
import { noteWatched } from '../watched.ts';

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

const placeAfter = ({ firstEvent, eventCount }: Run): number => firstEvent + eventCount;

/** NOTE nothing of one viewer's is held by it: a group keeps it for others when that viewer has gone. */
const followedRuns = (
  parts: TailParts,
  visibility: Visibility,
  recordingId: RecordingId,
  part: RunsPart,
): SharedSource<Run> => ({
  name: `recording ${recordingId}`,
  read: (place, stopped, atRest) => {
    const from = place === null ? part : { fromEvent: place, fromMs: 0, toMs: null };
    return tailRecording(parts, visibility, recordingId, from, stopped, atRest);
  },
  placeAfter,
  cut: sliceRun,
});

/** What is stored, and nothing that comes later: it ends before there is anything to share. */
const storedRuns = (
  { reader }: TailParts,
  visibility: Visibility,
  recordingId: RecordingId,
  part: RunsPart,
): SharedSource<Run> => ({
  name: `stored ${recordingId}`,
  async *read(_place, stopped) {
    for await (const run of reader.runs(visibility, recordingId, part)) {
      if (stopped.aborted) return;
      yield run;
    }
  },
  placeAfter,
  cut: sliceRun,
});

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
      const note = (run: Run): Promise<void> => noteWatched(context, { sessionId, recordingId }, [run]);
      const source =
        (given.follow ?? true)
          ? followedRuns(context.parts, visibility, recordingId, part)
          : storedRuns(context.parts, visibility, recordingId, part);
      return watching(context, source, note);
    },
    resolve: (run) => run,
  }),
);
