import {
  CLOCK_SKEW_MAX_MS,
  LABELS_BYTES_MAX,
  LABELS_DEPTH_MAX,
  NAME_LENGTH_MAX,
  TERMINAL_CELLS_MAX,
  TEXT_LENGTH_MAX,
} from '../../model/limits.ts';
import { builder } from './builder.ts';
import { RecordingKindEnum } from './recording-enums.ts';
import { SessionProtocolEnum } from './session-enums.ts';

const name = `At most ${NAME_LENGTH_MAX} characters.`;
const line = `At most ${TEXT_LENGTH_MAX} characters.`;
export const cells = `1 to ${TERMINAL_CELLS_MAX}`;

const OpenSessionUserInput = builder.inputType('OpenSessionUserInput', {
  description: 'Who. One of identity and email must be given.',
  fields: (t) => ({
    identity: t.string({ description: `What names the user within this log; the email when absent. ${name}` }),
    email: t.string({ description: name }),
    name: t.string({ description: `How people call the user. ${name}` }),
    picture: t.string({ description: `Address of a picture. ${line}` }),
    sub: t.string({ description: `Subject at the identity provider. ${name}` }),
    nickname: t.string({ description: name }),
    isServiceAccount: t.boolean({ defaultValue: false, description: 'Whether it is a program.' }),
  }),
});

const OpenSessionSocketInput = builder.inputType('OpenSessionSocketInput', {
  description: 'What.',
  fields: (t) => ({
    socketId: t.field({
      type: 'UUID',
      description: 'Made from the name when absent: the same name is the same socket.',
    }),
    name: t.string({ required: true, description: name }),
  }),
});

const OpenSessionClientInput = builder.inputType('OpenSessionClientInput', {
  description: 'Where from.',
  fields: (t) => ({
    ip: t.string({ required: true, description: 'IPv4 or IPv6 address.' }),
    port: t.int({ description: '0 to 65535.' }),
    software: t.string({ description: `What the client called itself. ${name}` }),
  }),
});

const OpenSessionServerInput = builder.inputType('OpenSessionServerInput', {
  description: 'The address that was asked for.',
  fields: (t) => ({
    name: t.string({ required: true, description: `Host name or address. ${name}` }),
    port: t.int({ required: true, description: '0 to 65535; 0 where there is none.' }),
  }),
});

const OpenSessionRecordingInput = builder.inputType('OpenSessionRecordingInput', {
  description: 'The first recording.',
  fields: (t) => ({
    recordingId: t.field({
      type: 'UUID',
      description: 'Made from the sessionId when absent, so that a retry means the same.',
    }),
    kind: t.field({ type: RecordingKindEnum, required: true, description: 'What it is made of.' }),
    columns: t.int({ description: `Columns of the terminal at the start, ${cells}; absent where there is none.` }),
    rows: t.int({ description: `Rows of the terminal at the start, ${cells}; absent where there is none.` }),
  }),
});

export const OpenSessionInput = builder.inputType('OpenSessionInput', {
  description: 'Who, what, from where and when. A retry must say the same.',
  fields: (t) => ({
    sessionId: t.field({
      type: 'UUID',
      description: "The producer's own, which makes a retry safe; made by the server when absent.",
    }),
    protocol: t.field({ type: SessionProtocolEnum, required: true, description: 'How it speaks.' }),
    upstream: t.string({
      description: `What stands behind the protocol: ssh, docker, postgresql … By the protocol when absent. ${name}`,
    }),
    user: t.field({ type: OpenSessionUserInput, required: true, description: 'Who.' }),
    socket: t.field({ type: OpenSessionSocketInput, required: true, description: 'What.' }),
    client: t.field({ type: OpenSessionClientInput, required: true, description: 'Where from.' }),
    server: t.field({ type: OpenSessionServerInput, required: true, description: 'The address that was asked for.' }),
    sshUser: t.string({ description: `The account on the far side, for SSH. ${name}` }),
    authInfo: t.string({ description: `How the user was authenticated and authorised, in one line. ${line}` }),
    labels: t.field({
      type: 'JSON',
      description: `An object of names and values of the producer's own: at most ${LABELS_BYTES_MAX} bytes as JSON, at most ${LABELS_DEPTH_MAX} deep.`,
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: `Now when absent. At most ${CLOCK_SKEW_MAX_MS / 60_000} minutes ahead of the server's clock.`,
    }),
    denyReason: t.string({
      description: `Why the attempt was refused: the session is DENIED at once, and takes no events. ${line}`,
    }),
    recording: t.field({
      type: OpenSessionRecordingInput,
      description: 'The first recording; absent: what happens in the session is not recorded.',
    }),
  }),
});
