import type { producerEventKinds, sessionEventKinds, sessionProtocols, sessionStatuses } from '../../model/session.ts';
import { builder } from './builder.ts';

export const SessionProtocolEnum = builder.enumType('SessionProtocol', {
  description: 'How a session speaks.',
  values: {
    SSH: {
      description: 'Shells and commands: SSH, and what gives a shell in another way (containers, cloud consoles).',
    },
    KUBERNETES: { description: 'Requests to a Kubernetes API server.' },
    DATABASE: { description: 'Statements to a database; upstream says which kind.' },
    HTTP: { description: 'Requests to a web application.' },
    TCP: { description: 'Bytes that nobody looks into.' },
  } satisfies Record<(typeof sessionProtocols)[number], object>,
});

export const SessionStatusEnum = builder.enumType('SessionStatus', {
  description: 'Where a session is in its life.',
  values: {
    ACTIVE: { description: 'It runs.' },
    KILLING: {
      description: 'It was asked to be cut, and the cut is not confirmed yet. It is still recorded until then.',
    },
    ENDED: { description: 'It ended by itself or was closed by its producer.' },
    KILLED: { description: 'It was cut.' },
    LOST: { description: 'Its producer fell silent for longer than the lease. It may come back and go on.' },
    DENIED: { description: 'The attempt was refused: there was never a connection.' },
  } satisfies Record<(typeof sessionStatuses)[number], object>,
});

export const SessionEventKindEnum = builder.enumType('SessionEventKind', {
  description: "What an entry in a session's story is about.",
  values: {
    STARTED: { description: 'The session was opened, or opened again.' },
    AUTHORIZED: { description: 'The user was let in.' },
    DENIED: { description: 'The user was refused, or one thing was refused to the user.' },
    CLIENT_SOFTWARE: { description: 'The client said what it is.' },
    POLICY: { description: 'A rule was applied.' },
    KILL_REQUESTED: { description: 'Somebody asked for the cut.' },
    KILLED: { description: 'The session was cut.' },
    ENDED: { description: 'The session ended.' },
    LOST: { description: 'The producer fell silent for longer than the lease.' },
    RESUMED: { description: 'A lost session went on.' },
    WATCHED: { description: 'Somebody watched a recording.' },
    EXPORTED: { description: 'Somebody downloaded a recording.' },
    ERASED: { description: 'Recordings were deleted by a person.' },
    NOTE: { description: 'A remark, of a person, the producer or this server.' },
  } satisfies Record<(typeof sessionEventKinds)[number], object>,
});

export const ProducerEventKindEnum = builder.enumType('ProducerEventKind', {
  description: "What a producer may add to a session's story; the rest is the server's own to say.",
  values: {
    AUTHORIZED: { description: 'The user was let in.' },
    DENIED: { description: 'One thing was refused to the user.' },
    CLIENT_SOFTWARE: { description: 'The client said what it is.' },
    POLICY: { description: 'A rule was applied.' },
    NOTE: { description: 'A remark.' },
  } satisfies Record<(typeof producerEventKinds)[number], object>,
});
