import { parseRecordingId, parseSessionId, parseSocketId } from '../../model/parse-id.ts';
import type { OpenSession } from '../../model/intake.ts';
import type { Recording } from '../../model/recording.ts';
import type { Session } from '../../model/session.ts';
import { builder } from './builder.ts';
import { feederFor } from './context.ts';
import { readJsonObject } from './json-object.ts';
import { OpenSessionInput } from './open-session-input.ts';
import { RecordingRef, SessionRef } from './refs.ts';
import { orRefused, refusedMembers, refusedTypeOf, type RefusedCode } from './refused.ts';

type OpenSessionPayload = {
  readonly session: Session;
  readonly recording: Recording | null;
  readonly nextEvent: number | null;
  readonly epoch: number;
};

const OpenSessionPayloadRef = builder.objectRef<OpenSessionPayload>('OpenSessionPayload').implement({
  description: 'The session is open, or was before; or it is DENIED, when that was asked for.',
  fields: (t) => ({
    session: t.expose('session', { type: SessionRef, description: 'The session as it is now.' }),
    recording: t.expose('recording', {
      type: RecordingRef,
      nullable: true,
      description: 'The recording to feed; null when none was asked for.',
    }),
    nextEvent: t.exposeInt('nextEvent', {
      nullable: true,
      description: 'Ordinal of the next event that it wants: all before are on disk. Null without a recording.',
    }),
    epoch: t.exposeInt('epoch', {
      description:
        'Goes with what is fed. Each open raises it, and what comes with an older one is refused: two producers never mix.',
    }),
  }),
});

const refusals: readonly RefusedCode[] = [
  'NOT_FOUND',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'CONFLICT',
  'SESSION_ENDED',
  'SESSION_KILLED',
  'UNAVAILABLE',
];

const OpenSessionResult = builder.unionType('OpenSessionResult', {
  description: 'What came of opening a session.',
  types: [OpenSessionPayloadRef, ...refusedMembers(refusals)],
  resolveType: (result) => refusedTypeOf(result) ?? OpenSessionPayloadRef,
});

type Given = typeof OpenSessionInput.$inferInput;

const recordingOf = (given: Given['recording']): OpenSession['recording'] =>
  given == null
    ? null
    : {
        recordingId: given.recordingId == null ? null : parseRecordingId(given.recordingId),
        kind: given.kind,
        columns: given.columns ?? null,
        rows: given.rows ?? null,
      };

const userOf = (user: Given['user']): OpenSession['user'] => ({
  identity: user.identity ?? null,
  email: user.email ?? null,
  name: user.name ?? null,
  picture: user.picture ?? null,
  sub: user.sub ?? null,
  nickname: user.nickname ?? null,
  isServiceAccount: user.isServiceAccount ?? false,
});

const inputOf = (given: Given): OpenSession => {
  const { socket, client, server } = given;
  return {
    sessionId: given.sessionId == null ? null : parseSessionId(given.sessionId),
    protocol: given.protocol,
    upstream: given.upstream ?? null,
    user: userOf(given.user),
    socket: { socketId: socket.socketId == null ? null : parseSocketId(socket.socketId), name: socket.name },
    client: { ip: client.ip, port: client.port ?? null, software: client.software ?? null },
    server: { name: server.name, port: server.port },
    sshUser: given.sshUser ?? null,
    authInfo: given.authInfo ?? null,
    labels: readJsonObject(given.labels, 'labels'),
    startedAtMs: given.startedAt ?? null,
    denyReason: given.denyReason ?? null,
    recording: recordingOf(given.recording),
  };
};

builder.mutationField('openSession', (t) =>
  t.field({
    type: OpenSessionResult,
    description:
      'For producers: a session begins, or goes on after a break. Safe to repeat: the same sessionId is the same session, and its epoch is raised each time. With denyReason the attempt is kept and nothing runs; attempts that are alike within 10 minutes are one session.',
    args: { input: t.arg({ type: OpenSessionInput, required: true, description: 'Who, what, from where, when.' }) },
    resolve: (_root, { input }, context) =>
      orRefused(refusals, async () => context.parts.intake.openSession(feederFor(context), inputOf(input))),
  }),
);
