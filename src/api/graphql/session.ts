import { parseRecordingId, parseSessionId } from '../../model/parse-id.ts';
import { firstPage } from '../../model/page.ts';
import type { Session } from '../../model/session.ts';
import { builder } from './builder.ts';
import { ofSourceAlone } from './compiled/of-source-alone.ts';
import { visibilityFor } from './context.ts';
import { NodeRef, writeGlobalId } from './node.ts';
import { RecordingStateEnum } from './recording-enums.ts';
import { RecordingRef, SessionKillRef, SessionRef } from './refs.ts';
import { SessionClientRef } from './session-client.ts';
import { SessionProtocolEnum, SessionStatusEnum } from './session-enums.ts';
import { reads } from './session-parts.ts';
import { SessionServerRef } from './session-server.ts';
import { SessionSocketRef } from './session-socket.ts';
import { SessionUserRef } from './session-user.ts';

SessionRef.implement({
  description:
    'One connection of a user to a socket: who, what, from where, when, and what became of it. An attempt that was refused is a session too.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description: 'Global id, for node. Opaque.',
      ...reads('sessionId'),
      resolve: ofSourceAlone((session: Session) => writeGlobalId('Session', session.sessionId)),
    }),
    sessionId: t.expose('sessionId', { type: 'UUID', description: 'The id that people paste and producers choose.' }),
    protocol: t.expose('protocol', { type: SessionProtocolEnum, description: 'How it speaks.' }),
    upstream: t.exposeString('upstream', {
      description:
        'What stands behind the protocol, in lower case: ssh, docker, aws-ssm, postgresql, mysql, http, kubernetes …',
    }),
    status: t.expose('status', { type: SessionStatusEnum, description: 'Where it is in its life.' }),
    user: t.expose('user', { type: SessionUserRef, description: 'Who, as it was when the session began.' }),
    socket: t.expose('socket', { type: SessionSocketRef, description: 'What, as it was when the session began.' }),
    client: t.expose('client', { type: SessionClientRef, description: 'Where from.' }),
    server: t.expose('server', { type: SessionServerRef, description: 'The address that was asked for.' }),
    sshUser: t.exposeString('sshUser', {
      nullable: true,
      description: 'The account on the far side, for SSH; null for other protocols and when it is not known.',
    }),
    attemptCount: t.exposeInt('attemptCount', {
      description: 'How many refused attempts that are alike this stands for, when DENIED; 1 otherwise.',
    }),
    authInfo: t.exposeString('authInfo', {
      nullable: true,
      description: 'How the user was authenticated and authorised, in one line; null when the producer did not say.',
    }),
    denyReason: t.exposeString('denyReason', {
      nullable: true,
      description: 'Why the attempt was refused; null unless the status is DENIED.',
    }),
    killed: t.boolean({
      description: 'Whether a cut was asked for, confirmed or not.',
      ...reads('kill'),
      resolve: ofSourceAlone((session: Session) => session.kill !== null),
    }),
    kill: t.expose('kill', {
      type: SessionKillRef,
      nullable: true,
      description: 'The cut; null when none was asked for.',
    }),
    labels: t.expose('labels', {
      type: 'JSON',
      nullable: true,
      description: 'Names and values that the producer gave; null when it gave none.',
    }),
    recordingState: t.expose('recordingState', {
      type: RecordingStateEnum,
      description:
        'The worst state among its recordings (CORRUPT, PARTIAL, LIVE, ERASED, EXPIRED, COMPLETE, in this order); NONE when it has none.',
    }),
    recordingStateReason: t.exposeString('recordingStateReason', {
      nullable: true,
      description: 'Why, in one line; null when there is nothing to explain.',
    }),
    revision: t.expose('revision', {
      type: 'Revision',
      description:
        'Its last change that matters: status, cut, names, events, recordings opened or sealed. A sign of life alone is none.',
    }),
  }),
});

builder.objectFields(SessionRef, (t) => ({
  startedAt: t.field({
    type: 'DateTime',
    description: 'When it began.',
    ...reads('startedAtMs'),
    resolve: ofSourceAlone((session: Session) => session.startedAtMs),
  }),
  lastSeenAt: t.field({
    type: 'DateTime',
    description: 'Its last sign of life: an event or a heartbeat.',
    ...reads('lastSeenAtMs'),
    resolve: ofSourceAlone((session: Session) => session.lastSeenAtMs),
  }),
  endedAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'When it ended; null while it runs.',
    ...reads('endedAtMs'),
    resolve: ofSourceAlone((session: Session) => session.endedAtMs),
  }),
  endReason: t.exposeString('endReason', {
    nullable: true,
    description: 'Why it ended, in one line; null while it runs and when the producer did not say.',
  }),
  duration: t.float({
    description: 'Seconds from startedAt to endedAt, or to lastSeenAt while it runs.',
    ...reads('durationMs'),
    resolve: ofSourceAlone((session: Session) => session.durationMs / 1000),
  }),
  recording: t.field({
    type: RecordingRef,
    nullable: true,
    description: 'One recording of this session; null when there is none such: recordingState says why.',
    args: { recordingId: t.arg({ type: 'UUID', description: 'Which one; the first when absent.' }) },
    ...reads('sessionId'),
    resolve: async (session, { recordingId }, context) => {
      const visibility = visibilityFor(context, 'read-metadata');
      const { catalog } = context.parts;
      if (recordingId == null) {
        return (await catalog.recordings(visibility, session.sessionId, firstPage(1))).items[0] ?? null;
      }
      const recording = await catalog.recording(visibility, parseRecordingId(recordingId));
      return recording?.sessionId === session.sessionId ? recording : null;
    },
  }),
}));

builder.queryField('session', (t) =>
  t.field({
    type: SessionRef,
    nullable: true,
    description: 'One session by its UUID; null when there is none, or the viewer may not see it.',
    args: { sessionId: t.arg({ type: 'UUID', required: true, description: "The session's sessionId." }) },
    resolve: (_root, { sessionId }, context) =>
      context.parts.catalog.session(visibilityFor(context, 'read-metadata'), parseSessionId(sessionId)),
  }),
);
