import { LABELS_BYTES_MAX, TEXT_LENGTH_MAX } from '../../model/limits.ts';
import { parseSessionId } from '../../model/parse-id.ts';
import type { SessionEvent } from '../../model/session-event.ts';
import { builder } from './builder.ts';
import { feederFor } from './context.ts';
import { readJsonObject } from './json-object.ts';
import { SessionEventRef } from './refs.ts';
import { orRefused, refusedMembers, refusedTypeOf, type RefusedCode } from './refused.ts';
import { ProducerEventKindEnum } from './session-enums.ts';

const RecordSessionEventInput = builder.inputType('RecordSessionEventInput', {
  description: "An entry in a session's story.",
  fields: (t) => ({
    sessionId: t.field({ type: 'UUID', required: true, description: 'Which session.' }),
    eventId: t.field({
      type: 'UUID',
      description:
        "The producer's own, which makes a retry safe; made by the server when absent, and a retry is another entry.",
    }),
    at: t.field({ type: 'DateTime', description: 'When it happened; now when absent.' }),
    kind: t.field({ type: ProducerEventKindEnum, required: true, description: 'What it is about.' }),
    message: t.string({ required: true, description: `One line for people; at most ${TEXT_LENGTH_MAX} characters.` }),
    details: t.field({
      type: 'JSON',
      description: `More, for programs: an object, at most ${LABELS_BYTES_MAX} bytes as JSON.`,
    }),
  }),
});

type RecordSessionEventPayload = { readonly event: SessionEvent };

const RecordSessionEventPayloadRef = builder
  .objectRef<RecordSessionEventPayload>('RecordSessionEventPayload')
  .implement({
    description: 'The entry is in the story, now or since before.',
    fields: (t) => ({ event: t.expose('event', { type: SessionEventRef, description: 'The entry.' }) }),
  });

const refusals: readonly RefusedCode[] = ['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT', 'CONFLICT'];

const RecordSessionEventResult = builder.unionType('RecordSessionEventResult', {
  description: "What came of adding to a session's story.",
  types: [RecordSessionEventPayloadRef, ...refusedMembers(refusals)],
  resolveType: (result) => refusedTypeOf(result) ?? RecordSessionEventPayloadRef,
});

builder.mutationField('recordSessionEvent', (t) =>
  t.field({
    type: RecordSessionEventResult,
    description: "For producers: something to tell in a session's story, also of one that is over.",
    args: { input: t.arg({ type: RecordSessionEventInput, required: true, description: 'What happened.' }) },
    resolve: (_root, { input }, context) =>
      orRefused(refusals, async () => ({
        event: await context.parts.intake.recordSessionEvent(feederFor(context), {
          sessionId: parseSessionId(input.sessionId),
          eventId: input.eventId ?? null,
          atMs: input.at ?? null,
          kind: input.kind,
          message: input.message,
          details: readJsonObject(input.details, 'details'),
        }),
      })),
  }),
);
