import type {
  EventGap,
  Fenced,
  Forbidden,
  InvalidInput,
  SessionEnded,
  SessionKilled,
  Unavailable,
} from '../../model/errors.ts';
import { noSuchSession } from '../../model/access.ts';
import { builder } from './builder.ts';
import { visibilityFor } from './context.ts';
import { ErrorRef, SessionKillRef, SessionRef, type Told } from './refs.ts';
import { RoleEnum } from './viewer.ts';

ErrorRef.implement({
  description: 'A refusal that a client should expect. It is an answer, and not among the errors of the response.',
  fields: (t) => ({ message: t.exposeString('message', { description: 'Why, in one line for people.' }) }),
});

export const NotFoundErrorRef = builder.objectRef<Told>('NotFoundError').implement({
  description: 'There is none such, or the viewer may not know of it.',
  interfaces: [ErrorRef],
});

export const ForbiddenErrorRef = builder.objectRef<Told & Pick<Forbidden, 'requiredRole'>>('ForbiddenError').implement({
  description: 'The viewer may not do this.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    requiredRole: t.expose('requiredRole', {
      type: RoleEnum,
      nullable: true,
      description: 'The least role that may; null when no role would help.',
    }),
  }),
});

export const ValidationErrorRef = builder.objectRef<Told & Pick<InvalidInput, 'field'>>('ValidationError').implement({
  description: 'Something in the input is wrong; the message names the limit.',
  interfaces: [ErrorRef],
  fields: (t) => ({ field: t.exposeString('field', { description: 'Path of the input field.' }) }),
});

export const ConflictErrorRef = builder.objectRef<Told>('ConflictError').implement({
  description: 'It does not go together with what is there.',
  interfaces: [ErrorRef],
});

export const SessionEndedErrorRef = builder
  .objectRef<Told & Pick<SessionEnded, 'sessionId'>>('SessionEndedError')
  .implement({
    description: 'The session ended before; nothing can be done to it any more.',
    interfaces: [ErrorRef],
    fields: (t) => ({
      session: t.field({
        type: SessionRef,
        description: 'The session as it is.',
        resolve: async (error, _arguments, context) =>
          (await context.parts.catalog.session(visibilityFor(context, 'read-metadata'), error.sessionId)) ??
          noSuchSession(),
      }),
    }),
  });

export const SessionKilledErrorRef = builder
  .objectRef<Told & Pick<SessionKilled, 'kill'>>('SessionKilledError')
  .implement({
    description: 'The session was killed and its cut confirmed; it takes nothing more.',
    interfaces: [ErrorRef],
    fields: (t) => ({ kill: t.expose('kill', { type: SessionKillRef, description: 'Who had it cut, when and why.' }) }),
  });

export const EventGapErrorRef = builder.objectRef<Told & Pick<EventGap, 'nextEvent'>>('EventGapError').implement({
  description: 'The batch begins beyond the next event that the recording wants: what lies between has not come.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    nextEvent: t.exposeInt('nextEvent', { description: 'Ordinal of the event to send again from.' }),
  }),
});

export const FencedErrorRef = builder.objectRef<Told & Pick<Fenced, 'epoch'>>('FencedError').implement({
  description: 'The session was opened again after this producer opened it: whoever did so feeds it now.',
  interfaces: [ErrorRef],
  fields: (t) => ({ epoch: t.exposeInt('epoch', { description: 'The epoch of the newest open.' }) }),
});

export const UnavailableErrorRef = builder
  .objectRef<Told & Pick<Unavailable, 'retryAfterSeconds'>>('UnavailableError')
  .implement({
    description: 'The server cannot take recordings now: its disk is too full, or it is stopping. Nothing was kept.',
    interfaces: [ErrorRef],
    fields: (t) => ({
      retryAfter: t.float({
        nullable: true,
        description: 'Seconds after which to try again; null when nobody can say.',
        resolve: (error) => error.retryAfterSeconds,
      }),
    }),
  });
