import type { TypedEvent } from '../../format/run-events.ts';
import { tupleOf } from '../../format/tuples.ts';
import { builder } from './builder.ts';
import { RecordingEventRef } from './refs.ts';

builder.objectRef<TypedEvent>('OtherEvent').implement({
  description:
    'An event of a kind that this version does not know, or whose content is not of its kind. It is kept as it came, and handed on.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    code: t.string({ description: 'Its code in the stored recording.', resolve: (typed) => typed.event.code }),
    payload: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What came with it, as a list; bytes that are not UTF-8 as {"base64": …}. Null when nothing did.',
      resolve: (typed) => (typed.event.payload.length === 0 ? null : tupleOf(typed.event).slice(2)),
    }),
  }),
});
