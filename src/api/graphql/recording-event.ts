import type { TypedEvent } from '../../format/run-events.ts';
import { isShapedCode } from '../../model/event-shapes.ts';
import { builder } from './builder.ts';
import { RecordingEventRef } from './refs.ts';
import type { ShapedEvent } from './shaped-event.ts';

/** The types of the codes that this version knows; all others are OtherEvent. */
const typeNames: Readonly<Record<string, string>> = {
  o: 'TerminalOutput',
  i: 'TerminalInput',
  r: 'TerminalResize',
  x: 'TerminalExit',
  m: 'RecordingMarker',
  cmd: 'CommandExecuted',
  file: 'FileOperation',
  req: 'HttpRequest',
  res: 'HttpResponse',
  body: 'HttpBody',
  sql: 'DatabaseQuery',
  sqlr: 'DatabaseResult',
  k8s: 'KubernetesRequest',
  k8sr: 'KubernetesResponse',
  dom: 'BrowserEvent',
  gap: 'RecordingGap',
};

/** A stored payload that has not the shape of its code is shown as it is. */
const typeNameOf = ({ event, payload }: TypedEvent): string =>
  (isShapedCode(event.code) && payload === null ? undefined : typeNames[event.code]) ?? 'OtherEvent';

RecordingEventRef.implement({
  description: 'Something that happened in a recording.',
  resolveType: typeNameOf,
  fields: (t) => ({
    time: t.float({
      description: "Seconds from the recording's start, to the millisecond. Never less than that of the event before.",
      resolve: (typed) => typed.event.timeMs / 1000,
    }),
  }),
});

builder.objectRef<TypedEvent>('RecordingMarker').implement({
  description: 'Somebody marked this moment.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    label: t.string({
      description: 'What they called it; may be empty.',
      resolve: ({ event }) => String(event.payload[0] ?? ''),
    }),
  }),
});

builder.objectRef<ShapedEvent<'gap'>>('RecordingGap').implement({
  description: 'Something was lost here.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    lostEvents: t.int({
      nullable: true,
      description: 'How many events; null when nobody knows.',
      resolve: ({ payload }) => payload.lostEvents,
    }),
    lostBytes: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'How many bytes; null when nobody knows.',
      resolve: ({ payload }) => payload.lostBytes,
    }),
    cause: t.string({
      description: 'Why, in one line.',
      resolve: ({ payload }) => payload.cause ?? 'the producer did not say',
    }),
  }),
});
