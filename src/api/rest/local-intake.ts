import { z } from 'zod';
import { InvalidInput } from '../../model/errors.ts';
import type { RecordingId, SessionId, SocketId } from '../../model/ids.ts';
import { isUuid, parseRecordingId } from '../../model/parse-id.ts';
import type { OpenRecording, OpenSession, Producer } from '../../model/intake.ts';
import {
  BATCH_BYTES_MAX,
  LABELS_BYTES_MAX,
  NAME_LENGTH_MAX,
  RECORDING_EVENTS_MAX,
  TEXT_LENGTH_MAX,
} from '../../model/limits.ts';
import { recordingKinds, type Recording } from '../../model/recording.ts';
import { sessionProtocols } from '../../model/session.ts';
import { sendJson } from '../answer.ts';
import { mustHaveType, readBody, readJsonBody } from '../body.ts';
import type { Exchange } from '../exchange.ts';
import { HttpError } from '../http-error.ts';
import { wholeNumber } from './query.ts';
import { parameter, type PathParameters, type Route } from './route.ts';

/** Bytes of a JSON body: every text at its limit, as JSON may escape it, and the labels. */
const BODY_BYTES_MAX = 6 * (16 * NAME_LENGTH_MAX + 4 * TEXT_LENGTH_MAX) + LABELS_BYTES_MAX * 6;

const uuid = z
  .string()
  .refine(isUuid, 'must be a UUID')
  .transform((text) => text.toLowerCase());
const text = z.string().nullable();
const count = z.int().min(0);
const epoch = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

const openRecording = z.strictObject({
  recordingId: uuid.nullable(),
  kind: z.enum(recordingKinds),
  columns: count.nullable(),
  rows: count.nullable(),
});

const openSession = z.strictObject({
  sessionId: uuid.nullable(),
  protocol: z.enum(sessionProtocols),
  upstream: text,
  user: z.strictObject({
    identity: text,
    email: text,
    name: text,
    picture: text,
    sub: text,
    nickname: text,
    isServiceAccount: z.boolean(),
  }),
  socket: z.strictObject({ socketId: uuid.nullable(), name: z.string() }),
  client: z.strictObject({ ip: z.string(), port: count.nullable(), software: text }),
  server: z.strictObject({ name: z.string(), port: count }),
  sshUser: text,
  authInfo: text,
  labels: z.record(z.string(), z.unknown()).nullable(),
  startedAtMs: z.int().nullable(),
  denyReason: text,
  recording: openRecording.nullable(),
});

const openRecordingOf = openRecording.extend({ sessionId: uuid, epoch });
const closeSession = z.strictObject({
  sessionId: uuid,
  epoch: epoch.nullable(),
  endedAtMs: z.int().nullable(),
  reason: text,
});
const confirmKill = z.strictObject({ sessionId: uuid });

/** Ids were checked to be UUIDs in lower case: what their brands say. */
type Branded<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? {
        readonly [Key in keyof Value]: Key extends keyof Ids
          ? Ids[Key] | Extract<Value[Key], null>
          : Branded<Value[Key]>;
      }
    : Value;
type Ids = { readonly sessionId: SessionId; readonly recordingId: RecordingId; readonly socketId: SocketId };

/** @throws InvalidInput naming the path of the first field that is wrong; HttpError 413, 415 */
const readInput = async <Shape extends z.ZodType>(
  { request }: Exchange,
  shape: Shape,
): Promise<Branded<z.output<Shape>>> => {
  const result = shape.safeParse(await readJsonBody(request, BODY_BYTES_MAX));
  if (result.success) return result.data as Branded<z.output<Shape>>;
  const issue = result.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? 'body' : issue.path.join('.');
  throw new InvalidInput(field, `${field}: ${issue?.message ?? 'is wrong'}`);
};

/** Who feeds, as the verb says: it holds the token of this process. @throws InvalidInput */
const producerOf = ({ query }: Exchange): Producer => {
  const read = (name: string): string => {
    const value = query.get(name) ?? '';
    if (value !== '' && value.length <= NAME_LENGTH_MAX) return value;
    throw new InvalidInput(name, `${name} must be given and have at most ${NAME_LENGTH_MAX} characters`);
  };
  return { producer: read('producer'), actor: read('actor') };
};

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('base64');

/** A recording as JSON: its bytes as base64. */
const recordingJson = (recording: Recording) => ({
  ...recording,
  headHash: base64(recording.headHash),
  signature: base64(recording.signature),
});

const answerOpenSession = async (exchange: Exchange): Promise<void> => {
  const input: OpenSession = await readInput(exchange, openSession);
  const opened = await exchange.parts.intake.openSession(producerOf(exchange), input);
  const recording = opened.recording === null ? null : recordingJson(opened.recording);
  sendJson(exchange.response, 200, { ...opened, recording });
};

const answerOpenRecording = async (exchange: Exchange): Promise<void> => {
  const input: OpenRecording & { readonly sessionId: SessionId; readonly epoch: number } = await readInput(
    exchange,
    openRecordingOf,
  );
  const opened = await exchange.parts.intake.openRecording(producerOf(exchange), input);
  sendJson(exchange.response, 200, { ...opened, recording: recordingJson(opened.recording) });
};

const firstEventOf = (parameters: PathParameters): number => {
  const query = new URLSearchParams({ firstEvent: parameter(parameters, 'firstEvent') });
  return wholeNumber(query, 'firstEvent', { from: 0, to: RECORDING_EVENTS_MAX, absent: 0 });
};

const answerAppend = async (exchange: Exchange, parameters: PathParameters): Promise<void> => {
  const { request, query, response, parts } = exchange;
  if (!query.has('epoch')) throw new InvalidInput('epoch', 'epoch must be given');
  const recordingId = parseRecordingId(parameter(parameters, 'recordingId'));
  const place = {
    recordingId,
    firstEvent: firstEventOf(parameters),
    epoch: wholeNumber(query, 'epoch', { from: 0, to: 2 ** 31 - 1, absent: 0 }),
  };
  const producer = producerOf(exchange);
  mustHaveType(request, 'application/msgpack');
  const msgpack = await readBody(request, BATCH_BYTES_MAX);
  try {
    sendJson(response, 200, await parts.intake.appendEvents(producer, { ...place, msgpack }));
  } catch (error) {
    // What was sent is whole and of the right type, and an event in it is wrong.
    if (error instanceof InvalidInput) throw new HttpError(422, error.code, error.message, {}, { field: error.field });
    throw error;
  }
};

const answerConfirmKill = async (exchange: Exchange): Promise<void> => {
  const { sessionId } = await readInput(exchange, confirmKill);
  sendJson(exchange.response, 200, await exchange.parts.intake.confirmKill(producerOf(exchange), sessionId));
};

const answerCloseSession = async (exchange: Exchange): Promise<void> => {
  const input = await readInput(exchange, closeSession);
  sendJson(exchange.response, 200, await exchange.parts.intake.closeSession(producerOf(exchange), input));
};

/** The door in for verbs on the same machine that found a server running: the Intake port, call by call. */
export const localIntakeRoutes: readonly Route[] = [
  { method: 'POST', pattern: '/local/intake/open-session', action: 'local', handle: answerOpenSession },
  { method: 'POST', pattern: '/local/intake/open-recording', action: 'local', handle: answerOpenRecording },
  { method: 'PUT', pattern: '/local/intake/events/:recordingId/:firstEvent', action: 'local', handle: answerAppend },
  { method: 'POST', pattern: '/local/intake/confirm-kill', action: 'local', handle: answerConfirmKill },
  { method: 'POST', pattern: '/local/intake/close-session', action: 'local', handle: answerCloseSession },
];
