import { producerDocuments } from '../../src/client/producer-documents.ts';
import type { SessionId } from '../../src/model/ids.ts';
import { ask, headersOf } from './asking.ts';
import type { Running } from './running.ts';
import { processCaller } from './process-caller.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A recording that takes events. */
export type Open = { readonly sessionId: SessionId; readonly recordingId: string; readonly epoch: number };

export const killer = processCaller('admin');

/** What openSession must be told, as little as there is. */
export const opening = {
  protocol: 'SSH',
  user: { email: 'ann@example.com' },
  socket: { name: 'db-bastion' },
  client: { ip: '192.0.2.7' },
  server: { name: 'bastion.example.com', port: 22 },
  recording: { kind: 'TERMINAL', columns: 80, rows: 24 },
};

const appendEvents = `mutation AppendEvents($input: AppendEventsInput!) { result: appendEvents(input: $input) {
  __typename ... on AppendEventsPayload { nextEvent kill { sessionId requestedBy reason } } ... on Error { message }
  ... on ValidationError { field } ... on EventGapError { nextEvent } ... on FencedError { epoch } ... on UnavailableError { retryAfter }
  ... on SessionEndedError { session { sessionId status } } ... on SessionKilledError { killed: kill { requestedBy reason confirmedAt } } } }`;

const documents = { ...producerDocuments, appendEvents };

/** A mutation by GraphQL: the member of its union that came. Fails on any error beside. */
export const mutate = async (
  running: Pick<Running, 'url' | 'tokens'>,
  name: keyof typeof documents,
  input: object,
  token: string = running.tokens.PRODUCER,
): Promise<Json> => {
  const { data, errors } = await ask<{ readonly result: Json }>(running, documents[name], { input }, token);
  if (errors !== undefined || data == null) throw new Error(`${name} failed: ${JSON.stringify(errors)}`);
  return data.result;
};

/** A session of the producer `tests` with a recording, opened by GraphQL. */
export const openByGraphql = async (running: Running, change: object = {}): Promise<Open> => {
  const opened = await mutate(running, 'openSession', { ...opening, ...change });
  const { session, recording, epoch } = opened as {
    readonly session: Pick<Open, 'sessionId'>;
    readonly recording: Pick<Open, 'recordingId'>;
    readonly epoch: number;
  };
  return { sessionId: session.sessionId, recordingId: recording.recordingId, epoch };
};

export type Put = { readonly status: number; readonly headers: Headers; readonly body: Json };

/** PUT of events. */
export const put = async (
  { url, tokens }: Pick<Running, 'url' | 'tokens'>,
  { recordingId, epoch }: Pick<Open, 'recordingId' | 'epoch'>,
  firstEvent: number,
  body: Uint8Array<ArrayBuffer> | string,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/msgpack' },
  token: string = tokens.PRODUCER,
): Promise<Put> => {
  const address = `${url}/recordings/${recordingId}/events/${firstEvent}?epoch=${epoch}`;
  const response = await fetch(address, { method: 'PUT', headers: { ...headersOf(token), ...headers }, body });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
};

export const ndjson = { 'content-type': 'application/x-ndjson' };

export const linesOf = (tuples: readonly unknown[]): string =>
  tuples.map((tuple) => `${JSON.stringify(tuple)}\n`).join('');
