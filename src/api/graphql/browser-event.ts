import { builder } from './builder.ts';
import { RecordingEventRef } from './refs.ts';
import { jsonOrNull, type ShapedEvent } from './shaped-event.ts';

builder.objectRef<ShapedEvent<'dom'>>('BrowserEvent').implement({
  description: 'A web page changed.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    rrweb: t.field({
      type: 'JSON',
      description: 'The event as rrweb recorded it.',
      resolve: ({ payload }) => jsonOrNull(payload.rrweb),
    }),
  }),
});
