import { builder } from './builder.ts';
import { RecordingEventRef } from './refs.ts';
import type { ShapedEvent } from './shaped-event.ts';

builder.objectRef<ShapedEvent<'cmd'>>('CommandExecuted').implement({
  description: 'A command was run.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    command: t.string({ description: 'The command, as it was given.', resolve: ({ payload }) => payload.command }),
    directory: t.string({
      nullable: true,
      description: 'The directory that it was run in; null when nobody knows.',
      resolve: ({ payload }) => payload.directory,
    }),
    exitStatus: t.int({
      nullable: true,
      description: 'What it ended with; null while it ran, or when nobody knows.',
      resolve: ({ payload }) => payload.exitStatus,
    }),
  }),
});

builder.objectRef<ShapedEvent<'file'>>('FileOperation').implement({
  description: 'Something was done with a file, over SFTP, SCP or the like.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    operation: t.string({
      description: "What: read, write, rename, remove …, in the producer's words.",
      resolve: ({ payload }) => payload.operation,
    }),
    path: t.string({ description: 'The file.', resolve: ({ payload }) => payload.path }),
    target: t.string({
      nullable: true,
      description: 'Where to, for what has a second path (rename, link); null for all else.',
      resolve: ({ payload }) => payload.target,
    }),
    size: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Bytes that were moved; null when nobody knows.',
      resolve: ({ payload }) => payload.size,
    }),
    error: t.string({
      nullable: true,
      description: 'Why it failed; null when it did not.',
      resolve: ({ payload }) => payload.error,
    }),
  }),
});
