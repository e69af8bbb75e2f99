import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { eventOfTuple } from '../../src/format/tuples.ts';
import { type Json, killer, linesOf, mutate, ndjson, type Open, openByGraphql, put } from './producing.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

/** What a door says: `type` as GraphQL names it, and what else a program needs. */
type Answer = { readonly type: string } & Json;
type Send = (
  open: Pick<Open, 'recordingId' | 'epoch'>,
  firstEvent: number,
  tuples: readonly unknown[],
) => Promise<Answer>;

const typeOfStatus = ({ status, body }: { readonly status: number; readonly body: Json }): string => {
  if (status === 200) return 'AppendEventsPayload';
  if (status === 404) return 'NotFoundError';
  if (status === 422) return 'ValidationError';
  const code = (body['error'] as Json | undefined)?.['code'];
  if (status === 410) return code === 'SESSION_KILLED' ? 'SessionKilledError' : 'SessionEndedError';
  if (status !== 409) return `HTTP ${status}`;
  if ('next_event' in body) return 'EventGapError';
  return body['fenced'] === true ? 'FencedError' : body['conflict'] === true ? 'ConflictError' : 'HTTP 409';
};

const byPut = async (...given: Parameters<typeof put>): Promise<Answer> => {
  const answer = await put(...given);
  const { next_event, kill, ...rest } = answer.body as Json & { readonly kill?: Json };
  return {
    ...rest,
    type: typeOfStatus(answer),
    ...(next_event === undefined ? {} : { nextEvent: next_event }),
    ...(kill === undefined ? {} : { kill: { requestedBy: kill['requested_by'], reason: kill['reason'] } }),
  };
};

const encode = (tuples: readonly unknown[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(encodeBatch(tuples.map((tuple) => eventOfTuple(tuple, 'events'))));

const doors: Readonly<Record<string, Send>> = {
  appendEvents: async ({ recordingId, epoch }, firstEvent, events) => {
    const { __typename, killed, kill, ...rest } = await mutate(running, 'appendEvents', {
      recordingId,
      epoch,
      firstEvent,
      events,
    });
    const told = (killed ?? kill) as Json | null | undefined;
    const cut = told == null ? {} : { kill: { requestedBy: told['requestedBy'], reason: told['reason'] } };
    return { type: String(__typename), ...rest, ...cut };
  },
  'PUT msgpack': (open, firstEvent, tuples) => byPut(running, open, firstEvent, encode(tuples)),
  'PUT NDJSON': (open, firstEvent, tuples) => byPut(running, open, firstEvent, linesOf(tuples), ndjson),
};

const [first, second, third] = [
  [0, 'o', 'a'],
  [0.5, 'o', 'b'],
  [1, 'o', 'c'],
];

/** A situation, the batch that is sent then, and what every door answers. */
type Situation = {
  readonly arrange?: (open: Open, send: Send) => Promise<Partial<Open> | void>;
  readonly firstEvent?: number;
  readonly tuples?: readonly unknown[];
  readonly answer: Json;
};

const situations: Readonly<Record<string, Situation>> = {
  'the next events': { answer: { type: 'AppendEventsPayload', nextEvent: 2 } },
  'the same events again': {
    arrange: async (open, send) => void (await send(open, 0, [first, second])),
    answer: { type: 'AppendEventsPayload', nextEvent: 2 },
  },
  'some that are there and some that are not': {
    arrange: async (open, send) => void (await send(open, 0, [first, second])),
    firstEvent: 1,
    tuples: [second, third],
    answer: { type: 'AppendEventsPayload', nextEvent: 3 },
  },
  'a hole': {
    arrange: async (open, send) => void (await send(open, 0, [first])),
    firstEvent: 2,
    answer: { type: 'EventGapError', nextEvent: 1 },
  },
  'others than are there': {
    arrange: async (open, send) => void (await send(open, 0, [first, second])),
    tuples: [first, [0.5, 'o', 'B']],
    answer: { type: 'ConflictError' },
  },
  'an epoch that is over': {
    arrange: async ({ sessionId }) => void (await openByGraphql(running, { sessionId })),
    answer: { type: 'FencedError', epoch: 2 },
  },
  'a recording that is not there': {
    arrange: async () => ({ recordingId: randomUUID() }),
    answer: { type: 'NotFoundError' },
  },
  'a recording of another producer': {
    arrange: async () => {
      const opened = await running.installation.intake.openSession(
        { producer: 'others', actor: 'others' },
        {
          sessionId: null,
          protocol: 'SSH',
          upstream: null,
          user: {
            identity: 'x',
            email: null,
            name: null,
            picture: null,
            sub: null,
            nickname: null,
            isServiceAccount: false,
          },
          socket: { socketId: null, name: 'a' },
          client: { ip: '192.0.2.1', port: null, software: null },
          server: { name: 'a', port: 1 },
          sshUser: null,
          authInfo: null,
          labels: null,
          startedAtMs: null,
          denyReason: null,
          recording: { recordingId: null, kind: 'TERMINAL', columns: null, rows: null },
        },
      );
      return { recordingId: opened.recording?.recordingId ?? '' };
    },
    answer: { type: 'NotFoundError' },
  },
  'a session that ended': {
    arrange: async ({ sessionId }) => void (await mutate(running, 'closeSession', { sessionId })),
    answer: { type: 'SessionEndedError' },
  },
  'a session that is to be cut': {
    arrange: async ({ sessionId }) => void (await running.installation.kills.request(killer, sessionId, 'enough')),
    answer: { type: 'AppendEventsPayload', nextEvent: 2, kill: { requestedBy: 'admin', reason: 'enough' } },
  },
  'a session that was cut': {
    arrange: async ({ sessionId }) => {
      await running.installation.kills.request(killer, sessionId, 'enough');
      await mutate(running, 'confirmKill', { sessionId });
    },
    answer: { type: 'SessionKilledError', kill: { requestedBy: 'admin', reason: 'enough' } },
  },
  'times before the last event': {
    arrange: async (open, send) => void (await send(open, 0, [[5, 'o', 'late']])),
    firstEvent: 1,
    answer: { type: 'ValidationError' },
  },
  'an event that lacks something': {
    tuples: [first, [1, 'r', 80]],
    answer: { type: 'ValidationError', field: 'events[1].payload' },
  },
  'an event with a code that is kept for files': {
    tuples: [first, [1, 'seal', {}]],
    answer: { type: 'ValidationError', field: 'events[1].code' },
  },
};

describe.each(Object.entries(situations))(
  '%s',
  (name, { arrange, firstEvent = 0, tuples = [first, second], answer }) => {
    test.each(Object.entries(doors))('by %s', async (door, send) => {
      const open = await openByGraphql(running);
      const changed = (await arrange?.(open, send)) ?? {};
      // What cannot be written as msgpack here, a test of the format sends.
      if (door === 'PUT msgpack' && name.includes('kept for files')) return;
      const got = await send({ ...open, ...changed }, firstEvent, tuples);
      const { field: _field, ...rest } = answer;
      expect(got).toMatchObject(door === 'appendEvents' ? answer : rest);
      const isNotFound = answer['type'] === 'NotFoundError';
      if (isNotFound) expect(JSON.stringify(got)).toContain('no such session');
      // Nothing of what is refused is kept, and a retry is answered alike.
      expect(await send({ ...open, ...changed }, firstEvent, tuples)).toEqual(got);
    });
  },
);

test('times that go backwards within a batch are refused by the event, at both doors that have times', async () => {
  const open = await openByGraphql(running);
  const tuples = [third, second];
  expect(await mutate(running, 'appendEvents', { ...batchOf(open), events: tuples })).toMatchObject({
    __typename: 'ValidationError',
    field: 'events[1][0]',
  });
  expect(await put(running, open, 0, linesOf(tuples), ndjson)).toMatchObject({
    status: 422,
    body: { error: { field: 'events[1][0]', event: 1 }, event: 1 },
  });
});

const batchOf = ({ recordingId, epoch }: Open) => ({ recordingId, epoch, firstEvent: 0 });

test('of two producers that open the same session, the later one alone is heard', async () => {
  const one = await openByGraphql(running, { sessionId: randomUUID() });
  const send = doors['PUT msgpack'];
  if (send === undefined) throw new Error('there is such a door');
  await send(one, 0, [first]);
  const other = await openByGraphql(running, { sessionId: one.sessionId });
  expect(other.recordingId).toBe(one.recordingId);
  const answers = await Promise.all([send(one, 1, [[1, 'o', 'one']]), send(other, 1, [[1, 'o', 'other']])]);
  expect(answers.map(({ type }) => type)).toEqual(['FencedError', 'AppendEventsPayload']);
  expect(await mutate(running, 'closeSession', { sessionId: one.sessionId, epoch: one.epoch })).toMatchObject({
    __typename: 'FencedError',
    epoch: other.epoch,
  });
  const another = { sessionId: one.sessionId, epoch: one.epoch, kind: 'TERMINAL' };
  expect(await mutate(running, 'openRecording', another)).toMatchObject({ __typename: 'FencedError' });
});
