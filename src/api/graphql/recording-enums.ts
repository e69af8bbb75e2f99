import type { recordingKinds, recordingStates } from '../../model/recording.ts';
import { builder } from './builder.ts';

export const RecordingKindEnum = builder.enumType('RecordingKind', {
  description: 'What a recording is made of.',
  values: {
    TERMINAL: { description: 'What a terminal showed, and its sizes.' },
    DATABASE: { description: 'Statements and their results.' },
    HTTP: { description: 'Requests and their responses.' },
    KUBERNETES: { description: 'Requests to a Kubernetes API server and their responses.' },
    BROWSER: { description: 'What a web page showed.' },
  } satisfies Record<(typeof recordingKinds)[number], object>,
});

export const RecordingStateEnum = builder.enumType('RecordingState', {
  description: 'How a recording is.',
  values: {
    NONE: { description: 'There is none: recording was not on for the socket, or the attempt was refused.' },
    LIVE: { description: 'It is being made.' },
    COMPLETE: { description: 'It holds all of it, sealed and signed.' },
    PARTIAL: {
      description: 'It ends before the session did, as its producer or this server went away. What is there plays.',
    },
    CORRUPT: { description: 'Stored bytes are no longer the ones that were written. What is whole plays.' },
    EXPIRED: { description: 'Deleted by a retention rule.' },
    ERASED: { description: 'Deleted by a person.' },
  } satisfies Record<(typeof recordingStates)[number], object>,
});
