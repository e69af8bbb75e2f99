import type { TypedEvent } from '../../format/run-events.ts';
import { builder } from './builder.ts';
import { RecordingEventRef } from './refs.ts';

/** The types of the codes that this version knows; all others are OtherEvent. */
const typeNames: Readonly<Record<string, string>> = {
  o: 'TerminalOutput',
  i: 'TerminalInput',
  r: 'TerminalResize',
  x: 'TerminalExit',
  m: 'RecordingMarker',
  gap: 'RecordingGap',
};

RecordingEventRef.implement({
  description: 'Something that happened in a recording.',
  resolveType: (typed) => typeNames[typed.event.code] ?? 'OtherEvent',
  fields: (t) => ({
    time: t.float({
      description: "Seconds from the recording's start, to the millisecond. Never less than that of the event before.",
      resolve: (typed) => typed.event.timeMs / 1000,
    }),
  }),
});

/** The payload's values are of these types: format checks every event that it reads. */
const numberAt = (typed: TypedEvent, index: number): number | null => {
  const value = typed.event.payload[index];
  return typeof value === 'number' ? value : null;
};
const textAt = (typed: TypedEvent, index: number): string | null => {
  const value = typed.event.payload[index];
  return typeof value === 'string' ? value : null;
};

const dataDescription =
  'Text. A character that was cut in two on its way comes whole with the later event; bytes of no character come as U+FFFD here, and as they were in msgpack.';

builder.objectRef<TypedEvent>('TerminalOutput').implement({
  description: 'The terminal was sent something to show.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({ data: t.string({ description: dataDescription, resolve: (typed) => typed.text ?? '' }) }),
});

builder.objectRef<TypedEvent>('TerminalInput').implement({
  description: 'Something was typed. Only there when the producer was told to record input, as it holds passwords.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({ data: t.string({ description: dataDescription, resolve: (typed) => typed.text ?? '' }) }),
});

builder.objectRef<TypedEvent>('TerminalResize').implement({
  description: 'The terminal has another size from here.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    columns: t.int({ description: 'Width in cells.', resolve: (typed) => numberAt(typed, 0) ?? 0 }),
    rows: t.int({ description: 'Height in cells.', resolve: (typed) => numberAt(typed, 1) ?? 0 }),
  }),
});

builder.objectRef<TypedEvent>('TerminalExit').implement({
  description: 'The program in the terminal ended.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    status: t.int({
      nullable: true,
      description: 'Exit status; null when a signal ended it, or nobody knows.',
      resolve: (typed) => numberAt(typed, 0),
    }),
    signal: t.string({
      nullable: true,
      description: 'Name of the signal that ended it; null when none did.',
      resolve: (typed) => textAt(typed, 1),
    }),
  }),
});

builder.objectRef<TypedEvent>('RecordingMarker').implement({
  description: 'Somebody marked this moment.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    label: t.string({ description: 'What they called it; may be empty.', resolve: (typed) => textAt(typed, 0) ?? '' }),
  }),
});

const gapValue = (typed: TypedEvent, name: string): unknown => {
  const gap = typed.event.payload[0];
  return typeof gap === 'object' && gap !== null ? Object.entries(gap).find(([key]) => key === name)?.[1] : null;
};
const gapCount = (typed: TypedEvent, name: string): number | null => {
  const value = gapValue(typed, name);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
};

builder.objectRef<TypedEvent>('RecordingGap').implement({
  description: 'Something was lost here.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    lostEvents: t.int({
      nullable: true,
      description: 'How many events; null when nobody knows.',
      resolve: (typed) => gapCount(typed, 'lostEvents'),
    }),
    lostBytes: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'How many bytes; null when nobody knows.',
      resolve: (typed) => gapCount(typed, 'lostBytes'),
    }),
    cause: t.string({
      description: 'Why, in one line.',
      resolve: (typed) => {
        const cause = gapValue(typed, 'cause');
        return typeof cause === 'string' ? cause : 'the producer did not say';
      },
    }),
  }),
});
