import { InvalidInput } from '../model/errors.ts';
import type { OpenRecording, OpenSession, RecordSessionEvent } from '../model/intake.ts';
import { isIpAddress } from '../model/ip-address.ts';
import {
  BATCH_BYTES_MAX,
  CLOCK_SKEW_MAX_MS,
  LABELS_BYTES_MAX,
  LABELS_DEPTH_MAX,
  NAME_LENGTH_MAX,
  RECORDING_MS_MAX,
  TERMINAL_CELLS_MAX,
  TEXT_LENGTH_MAX,
} from '../model/limits.ts';
import { isUuid } from '../model/parse-id.ts';
import { producerEventKinds } from '../model/session.ts';

/** @throws InvalidInput naming the field and the limit, for the first thing that must not be kept */
export const checkOpenSession = (input: OpenSession, nowMs: number): void => {
  checkTexts(input);
  required(input.socket.name, 'socket.name');
  required(input.server.name, 'server.name');
  required(input.user.identity ?? input.user.email ?? '', 'user.identity');
  if (!isIpAddress(input.client.ip)) throw new InvalidInput('client.ip', 'client.ip must be an IPv4 or IPv6 address');
  if (input.client.port !== null) wholeNumber(input.client.port, 'client.port', 0, 65_535);
  wholeNumber(input.server.port, 'server.port', 0, 65_535);
  checkJson(input.labels, 'labels');
  if (input.startedAtMs !== null) checkPast(input.startedAtMs, nowMs, 'startedAt');
  if (input.recording !== null) checkOpenRecording(input.recording, 'recording.');
};

export const checkOpenRecording = ({ columns, rows }: OpenRecording, path = ''): void => {
  if (columns !== null) wholeNumber(columns, `${path}columns`, 1, TERMINAL_CELLS_MAX);
  if (rows !== null) wholeNumber(rows, `${path}rows`, 1, TERMINAL_CELLS_MAX);
};

/** @param field the path to name */
export const checkText = (text: string | null, field: string, lengthMax: number = TEXT_LENGTH_MAX): void => {
  if (text !== null && text.length > lengthMax) {
    throw new InvalidInput(field, `${field} must have at most ${lengthMax} characters, got ${text.length}`);
  }
  // Half a surrogate pair is no character, and nothing that UTF-8 can hold.
  if (text !== null && !text.isWellFormed()) {
    throw new InvalidInput(field, `${field} must be well-formed Unicode: half a surrogate pair stands alone in it`);
  }
};

const checkTexts = (input: OpenSession): void => {
  const { user, socket, client, server } = input;
  const names: readonly (readonly [string, string | null])[] = [
    ['upstream', input.upstream],
    ['user.identity', user.identity],
    ['user.email', user.email],
    ['user.name', user.name],
    ['user.sub', user.sub],
    ['user.nickname', user.nickname],
    ['socket.name', socket.name],
    ['client.software', client.software],
    ['server.name', server.name],
    ['sshUser', input.sshUser],
  ];
  for (const [field, text] of names) checkText(text, field, NAME_LENGTH_MAX);
  checkText(user.picture, 'user.picture');
  checkText(input.authInfo, 'authInfo');
  checkText(input.denyReason, 'denyReason');
};

const required = (text: string, field: string): void => {
  if (text.trim() === '') throw new InvalidInput(field, `${field} must not be empty`);
};

const wholeNumber = (number: number, field: string, min: number, max: number): void => {
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new InvalidInput(field, `${field} must be a whole number from ${min} to ${max}, got ${number}`);
  }
};

const checkJson = (value: Readonly<Record<string, unknown>> | null, field: string): void => {
  if (value === null) return;
  if (!isStorable(value, LABELS_DEPTH_MAX)) {
    throw new InvalidInput(
      field,
      `${field} must be JSON nested at most ${LABELS_DEPTH_MAX} deep, without the name __proto__`,
    );
  }
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  if (bytes > LABELS_BYTES_MAX) {
    throw new InvalidInput(field, `${field} must have at most ${LABELS_BYTES_MAX} bytes as JSON, got ${bytes}`);
  }
};

/** @throws InvalidInput naming the field and the limit */
export const checkSessionEvent = (input: RecordSessionEvent, nowMs: number): void => {
  if (input.eventId !== null && !isUuid(input.eventId)) {
    throw new InvalidInput('eventId', 'eventId must be a UUID, such as 93227a7e-8724-4be5-a5c5-2729f615ac50');
  }
  if (!producerEventKinds.includes(input.kind)) {
    throw new InvalidInput('kind', `kind must be one of ${producerEventKinds.join(', ')}`);
  }
  required(input.message, 'message');
  checkText(input.message, 'message');
  checkJson(input.details, 'details');
  if (input.atMs !== null) checkPast(input.atMs, nowMs, 'at');
};

/** Before the bytes go anywhere: what else they must be is checked where they are kept. @throws InvalidInput */
export const checkBatchSize = (msgpack: Uint8Array): void => {
  if (msgpack.length > BATCH_BYTES_MAX) {
    throw new InvalidInput(
      'events',
      `events must have at most ${BATCH_BYTES_MAX} bytes of msgpack, got ${msgpack.length}`,
    );
  }
};

/** @throws InvalidInput for a time that no date has, or that lies further ahead than any recording is long */
export const checkEnd = (endedAtMs: number | null, nowMs: number): void => {
  if (endedAtMs !== null) wholeNumber(endedAtMs, 'endedAt', 0, nowMs + RECORDING_MS_MAX);
};

/** Whether it is plain JSON that every reader of a stored file can take. */
const isStorable = (value: unknown, depthLeft: number): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (depthLeft === 0) return false;
  return Object.entries(value).every(([name, inner]) => name !== '__proto__' && isStorable(inner, depthLeft - 1));
};

const checkPast = (atMs: number, nowMs: number, field: string): void => {
  if (!Number.isSafeInteger(atMs) || atMs < 0) {
    throw new InvalidInput(field, `${field} must not be before 1970`);
  }
  if (atMs > nowMs + CLOCK_SKEW_MAX_MS) {
    const minutes = CLOCK_SKEW_MAX_MS / 60_000;
    throw new InvalidInput(field, `${field} must be at most ${minutes} minutes ahead of the server's clock`);
  }
};
