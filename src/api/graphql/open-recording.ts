import { parseRecordingId, parseSessionId } from '../../model/parse-id.ts';
import type { Recording } from '../../model/recording.ts';
import { builder } from './builder.ts';
import { feederFor } from './context.ts';
import { cells } from './open-session-input.ts';
import { RecordingKindEnum } from './recording-enums.ts';
import { RecordingRef } from './refs.ts';
import { orRefused, refusedMembers, refusedTypeOf, type RefusedCode } from './refused.ts';

const OpenRecordingInput = builder.inputType('OpenRecordingInput', {
  description: 'One more recording in a session.',
  fields: (t) => ({
    sessionId: t.field({ type: 'UUID', required: true, description: 'The session that it is of.' }),
    epoch: t.int({ required: true, description: 'Of the newest open of the session.' }),
    recordingId: t.field({
      type: 'UUID',
      description:
        "The producer's own, which makes a retry safe; made by the server when absent, and a retry is another one.",
    }),
    kind: t.field({ type: RecordingKindEnum, required: true, description: 'What it is made of.' }),
    columns: t.int({ description: `Columns of the terminal at the start, ${cells}; absent where there is none.` }),
    rows: t.int({ description: `Rows of the terminal at the start, ${cells}; absent where there is none.` }),
  }),
});

type OpenRecordingPayload = { readonly recording: Recording; readonly nextEvent: number };

const OpenRecordingPayloadRef = builder.objectRef<OpenRecordingPayload>('OpenRecordingPayload').implement({
  description: 'The recording is open, or was before.',
  fields: (t) => ({
    recording: t.expose('recording', { type: RecordingRef, description: 'The recording as it is now.' }),
    nextEvent: t.exposeInt('nextEvent', {
      description: 'Ordinal of the next event that it wants: all before are on disk.',
    }),
  }),
});

const refusals: readonly RefusedCode[] = [
  'NOT_FOUND',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'CONFLICT',
  'FENCED',
  'SESSION_ENDED',
  'SESSION_KILLED',
  'UNAVAILABLE',
];

const OpenRecordingResult = builder.unionType('OpenRecordingResult', {
  description: 'What came of opening a recording.',
  types: [OpenRecordingPayloadRef, ...refusedMembers(refusals)],
  resolveType: (result) => refusedTypeOf(result) ?? OpenRecordingPayloadRef,
});

builder.mutationField('openRecording', (t) =>
  t.field({
    type: OpenRecordingResult,
    description: 'For producers: one more recording in a session, for another shell, channel or stream.',
    args: {
      input: t.arg({ type: OpenRecordingInput, required: true, description: 'Of which session, and what kind.' }),
    },
    resolve: (_root, { input }, context) =>
      orRefused(refusals, async () =>
        context.parts.intake.openRecording(feederFor(context), {
          sessionId: parseSessionId(input.sessionId),
          epoch: input.epoch,
          recordingId: input.recordingId == null ? null : parseRecordingId(input.recordingId),
          kind: input.kind,
          columns: input.columns ?? null,
          rows: input.rows ?? null,
        }),
      ),
  }),
);
