import { InvalidInput } from '../../model/errors.ts';
import type { AppendedEvents } from '../../model/intake.ts';
import { BATCH_BYTES_MAX, EVENT_BYTES_MAX, GRAPHQL_PRODUCER_BODY_BYTES_MAX } from '../../model/limits.ts';
import { parseRecordingId } from '../../model/parse-id.ts';
import { batchOfTuples } from '../tuple-batches.ts';
import { builder } from './builder.ts';
import { feederFor } from './context.ts';
import { KillRequestRef } from './refs.ts';
import { orRefused, refusedMembers, refusedTypeOf, type RefusedCode } from './refused.ts';

const AppendEventsInput = builder.inputType('AppendEventsInput', {
  description: 'Consecutive events of one recording.',
  fields: (t) => ({
    recordingId: t.field({ type: 'UUID', required: true, description: 'Which recording.' }),
    epoch: t.int({ required: true, description: 'Of the newest open of the session.' }),
    firstEvent: t.int({ required: true, description: 'Ordinal of the first of these events, from 0.' }),
    events: t.field({
      type: 'JSON',
      required: true,
      description: `A list of tuples [time, code, …payload]: time in seconds from the recording's start, to the millisecond and never decreasing; bytes as text, or {"base64": …} where they are not UTF-8. At most ${EVENT_BYTES_MAX} bytes an event. A request holds ${GRAPHQL_PRODUCER_BODY_BYTES_MAX} bytes; PUT /recordings/{recordingId}/events/{firstEvent} takes ${BATCH_BYTES_MAX}.`,
    }),
  }),
});

const AppendEventsPayloadRef = builder.objectRef<AppendedEvents>('AppendEventsPayload').implement({
  description: 'The events are on disk.',
  fields: (t) => ({
    nextEvent: t.exposeInt('nextEvent', {
      description: 'Ordinal of the next event that it wants: all before are on disk.',
    }),
    kill: t.expose('kill', {
      type: KillRequestRef,
      nullable: true,
      description: 'Set: cut the session now, send what happened until then, and call confirmKill.',
    }),
  }),
});

const refusals: readonly RefusedCode[] = [
  'NOT_FOUND',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'CONFLICT',
  'EVENT_GAP',
  'FENCED',
  'SESSION_ENDED',
  'SESSION_KILLED',
  'UNAVAILABLE',
];

const AppendEventsResult = builder.unionType('AppendEventsResult', {
  description: 'What came of sending events. Of what is refused, nothing is kept.',
  types: [AppendEventsPayloadRef, ...refusedMembers(refusals)],
  resolveType: (result) => refusedTypeOf(result) ?? AppendEventsPayloadRef,
});

builder.mutationField('appendEvents', (t) =>
  t.field({
    type: AppendEventsResult,
    description:
      'For producers: events of a recording. Answered when they are on disk. Safe to repeat: events that are there are passed over by their ordinal; a batch that begins too late is refused with the ordinal that is wanted.',
    args: {
      input: t.arg({ type: AppendEventsInput, required: true, description: 'The events, and where they belong.' }),
    },
    resolve: (_root, { input }, context) =>
      orRefused(refusals, async () => {
        const producer = feederFor(context);
        if (input.firstEvent < 0) throw new InvalidInput('firstEvent', 'firstEvent must be at least 0');
        return context.parts.intake.appendEvents(producer, {
          recordingId: parseRecordingId(input.recordingId),
          epoch: input.epoch,
          firstEvent: input.firstEvent,
          msgpack: await batchOfTuples(input.events),
        });
      }),
  }),
);
