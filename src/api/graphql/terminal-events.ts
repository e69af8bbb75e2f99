import type { TypedEvent } from '../../format/run-events.ts';
import { builder } from './builder.ts';
import { RecordingEventRef } from './refs.ts';

/** The payload's values are of these types: format checks every event that it reads. */
const numberAt = (typed: TypedEvent, index: number): number | null => {
  const value = typed.event.payload[index];
  return typeof value === 'number' ? value : null;
};
/** A status that GraphQL's Int has no room for is nobody's. */
const intOrNull = (number: number | null): number | null =>
  number !== null && Math.trunc(number) === number && Math.abs(number) < 2 ** 31 ? number : null;
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
      resolve: (typed) => intOrNull(numberAt(typed, 0)),
    }),
    signal: t.string({
      nullable: true,
      description: 'Name of the signal that ended it; null when none did.',
      resolve: (typed) => textAt(typed, 1),
    }),
  }),
});
