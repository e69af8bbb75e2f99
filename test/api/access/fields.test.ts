import { randomUUID } from 'node:crypto';
import { getNamedType, type GraphQLObjectType, isLeafType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../../src/api/graphql/schema.ts';
import { isShapedCode } from '../../../src/model/event-shapes.ts';
import type { SessionId } from '../../../src/model/ids.ts';
import type { Producer } from '../../../src/model/intake.ts';
import { writeRevision } from '../../../src/model/revision.ts';
import { goldenEvents } from '../../format/events/golden-events.ts';
import type { Answer } from '../asking.ts';
import { aSession, openFed, output } from '../feeding.ts';
import { producer, startTestServer, type Running } from '../running.ts';
import { everybody, isAllowed, isKnown, makeCallers, type Level, type Who } from './callers.ts';
import { type Feeding, fieldTable, ofAnn, reaches, type Reached } from './field-table.ts';
import { type Ask, type Transport, transportsTo } from './transports.ts';
import { processCaller } from '../process-caller.ts';

const secret = 'secret words';
let running: Running;
let reached: Reached;
let transports: Readonly<Record<Transport, Ask>>;

beforeAll(async () => {
  running = await startTestServer();
  const fed = await openFed(running);
  const gap = { timeMs: 4, code: 'gap', payload: [{ cause: 'lost', lostEvents: 1 }] };
  await fed.append([
    output(0, secret),
    { timeMs: 1, code: 'i', payload: [new TextEncoder().encode(secret)] },
    { timeMs: 2, code: 'r', payload: [80, 24] },
    { timeMs: 3, code: 'm', payload: [secret] },
    gap,
    { timeMs: 5, code: 'made-up', payload: [secret] },
    { timeMs: 6, code: 'x', payload: [0, null] },
    ...goldenEvents.filter(({ code }) => isShapedCode(code) && code !== 'gap'),
  ]);
  await fed.end();
  const { intake } = running.installation;
  const openAs = async (owner: Producer, change: Parameters<typeof aSession>[0] = {}): Promise<Feeding> => {
    const sessionId = randomUUID() as SessionId;
    const opened = await intake.openSession(owner, aSession({ ...change, sessionId }));
    return { sessionId, recordingId: opened.recording?.recordingId ?? '', epoch: opened.epoch };
  };
  const open = async (change: Parameters<typeof aSession>[0]): Promise<string> =>
    (await openAs(producer, change)).sessionId;
  const openKilling = async (name: string): Promise<string> => {
    const { user } = aSession();
    const bob = { user: { ...user, email: 'bob@example.com' } };
    const { sessionId } = await openAs({ producer: name, actor: name }, bob);
    await running.installation.kills.request(killer, sessionId as SessionId, 'enough');
    return sessionId;
  };
  const cut = await openAs(producer);
  await running.installation.kills.request(killer, cut.sessionId as SessionId, null);
  await intake.confirmKill(producer, cut.sessionId as SessionId);
  const { log } = fed.session.revision;
  const callers = await makeCallers(running);
  reached = {
    fed,
    runs: await open({}),
    denied: await open({ denyReason: 'no', recording: null }),
    unknown: randomUUID(),
    feeding: await openAs(producer),
    cut,
    killing: await Promise.all(['tests', 'others', 'ADMIN', 'local'].map(openKilling)),
    atFirst: writeRevision({ log, position: 0 }),
    revokedToken: Buffer.from(`Token:${callers.revokedTokenId}`).toString('base64'),
    newName: () => `made by a test ${randomUUID()}`,
  };
  transports = transportsTo(running, callers);
});
afterAll(() => running[Symbol.asyncDispose]());

const killer = processCaller('admin');

const roots = ['Query', 'Mutation', 'Subscription'];
const objectTypes = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
);

const rowsOf = (type: string): ReadonlyMap<string, Level> => {
  const rows = Object.entries(fieldTable[type] ?? {}) as [Level, string][];
  return new Map(rows.flatMap(([level, fields]) => fields.split(' ').map((field) => [field, level] as const)));
};

test.each(objectTypes.map((type) => type.name))('every field of %s is in a row of the table, and no other', (name) => {
  const type = objectTypes.find((each) => each.name === name);
  expect([...rowsOf(name).keys()].toSorted()).toEqual(Object.keys(type?.getFields() ?? {}).toSorted());
  if (!roots.includes(name)) expect(reaches[name]).toBeDefined();
});

/** All fields of a type at once: each alone is null where it is refused, and tells so with its path. */
const selectionOf = (type: GraphQLObjectType): string =>
  Object.values(type.getFields())
    .map((field) => (isLeafType(getNamedType(field.type)) ? field.name : `${field.name} { __typename }`))
    .join(' ');

const dataAt = (answer: Answer<Record<string, unknown>>, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value === null || value === undefined ? value : (value as Record<string | number, unknown>)[key]),
    answer.data,
  );

const isRefusedAt = ({ errors = [] }: Answer<unknown>, path: readonly (string | number)[]): boolean =>
  errors.some(
    (error) => error.extensions?.code === 'FORBIDDEN' && path.join('.').startsWith((error.path ?? []).join('.')),
  );

/** Types of which the test has no object: what stands before them is null for everybody. */
const unreachable = new Set(['Location', 'SessionKill', 'UnavailableError']);

const expectFields = (type: string, who: Who, answer: Answer<Record<string, unknown>>): void => {
  const reach = reaches[type];
  if (reach === undefined) throw new Error(`no way to ${type}`);
  const object = dataAt(answer, reach.at);
  for (const [field, level] of rowsOf(type)) {
    const path = [...reach.at, field];
    const value = dataAt(answer, path);
    const told = `${type}.${field} for ${who}: ${JSON.stringify(answer).slice(0, 500)}`;
    if (isAllowed(who, level)) {
      if (!unreachable.has(type)) expect(object, told).toBeInstanceOf(Object);
      expect(isRefusedAt(answer, path), told).toBe(false);
      if (object instanceof Object && !unreachable.has(type)) expect(value, told).not.toBeUndefined();
    } else {
      expect(value ?? null, told).toBeNull();
    }
  }
  if (!isAllowed(who, 'recording')) expect(JSON.stringify(answer)).not.toContain(secret);
};

const selectable = objectTypes.filter((type) => !roots.includes(type.name));

describe.each(['POST', 'GET', 'server-sent events', 'graphql-transport-ws'] as const)('over %s', (transport) => {
  describe.each(everybody)('%s', (who) => {
    test.each(selectable.map((type) => [type.name, type] as const))(
      'sees of %s what the table says',
      async (name, type) => {
        const reach = reaches[name];
        if (reach === undefined) throw new Error(`no way to ${name}`);
        if (reach.kind === 'subscription' && (transport === 'POST' || transport === 'GET')) return;
        const answer = await transports[transport](who, reach.query(selectionOf(type), reached));
        if (!isKnown(who)) return expect(answer).toBeNull();
        if (transport === 'GET' && reach.kind === 'mutation') {
          return expect(JSON.stringify(answer)).toContain('Can only perform a mutation operation from a POST request');
        }
        expectFields(name, who, answer ?? {});
      },
    );
  });
});

/** Mutations of producers, and what each answers. */
const feedingPayloads = {
  openSession: 'OpenSessionPayload',
  openRecording: 'OpenRecordingPayload',
  appendEvents: 'AppendEventsPayload',
  heartbeat: 'HeartbeatPayload',
  recordSessionEvent: 'RecordSessionEventPayload',
  confirmKill: 'ConfirmKillPayload',
  closeSession: 'CloseSessionPayload',
};

/** Fields at the top, asked for by themselves. */
const rootQueries: Readonly<Record<string, (reached: Reached) => string>> = {
  'Query.viewer': () => '{ viewer { name } }',
  'Query.sessions': () => `{ sessions(${ofAnn}) { nodes { sessionId } } }`,
  'Query.sessionStats': () => `{ sessionStats(groupBy: USER, ${ofAnn}) { count } }`,
  'Query.sockets': ({ fed }) => `{ sockets(nameContains: "${fed.session.socket.name}") { nodes { name } } }`,
  'Query.users': () => '{ users(nameContains: "ann@example.com") { nodes { identity } } }',
  'Query.session': ({ fed }) => `{ session(sessionId: "${fed.sessionId}") { id } }`,
  'Query.node': ({ fed }) => `{ node(id: "${btoa(`Session:${fed.sessionId}`)}") { id } }`,
  'Query.nodes': ({ fed }) => `{ nodes(ids: ["${btoa(`Recording:${fed.recordingId}`)}"]) { id } }`,
  'Query.tokens': () => '{ tokens { nodes { name } } }',
  'Query.auditLog': () => '{ auditLog { nodes { action } } }',
  'Mutation.killSession': ({ runs }) =>
    `mutation { killSession(input: { sessionId: "${runs}" }) { ... on KillSessionPayload { session { id } } } }`,
  'Mutation.killSessions': () =>
    'mutation { killSessions(input: { filter: {}, all: true, dryRun: true }) { ... on KillSessionsPayload { killedCount } } }',
  ...Object.fromEntries(
    Object.entries(feedingPayloads).map(([field, payload]) => [
      `Mutation.${field}`,
      (all: Reached) => reaches[payload]?.query('__typename', all) ?? '',
    ]),
  ),
  'Mutation.createToken': ({ newName }) =>
    `mutation { createToken(input: { name: "${newName()}", role: VIEWER }) { ... on CreateTokenPayload { secret } } }`,
  'Mutation.revokeToken': ({ revokedToken }) =>
    `mutation { revokeToken(input: { id: "${revokedToken}" }) { ... on RevokeTokenPayload { token { name } } } }`,
  'Subscription.session': ({ fed }) => `subscription { session(sessionId: "${fed.sessionId}") { status } }`,
  'Subscription.killRequests': () => 'subscription { killRequests { sessionId } }',
  'Subscription.sessionFeed': ({ atFirst }) => `subscription { sessionFeed(after: "${atFirst}") { sessionId } }`,
  'Subscription.recording': ({ fed }) => `subscription { recording(sessionId: "${fed.sessionId}") { tuples } }`,
};

test('every field at the top is asked for by itself', () => {
  const all = roots.flatMap((root) => [...rowsOf(root).keys()].map((field) => `${root}.${field}`));
  expect(Object.keys(rootQueries).toSorted()).toEqual(all.toSorted());
});

describe.each(Object.keys(rootQueries))('%s', (name) => {
  const [root = '', field = ''] = name.split('.');
  const level = rowsOf(root).get(field) ?? 'local';
  const over = (
    Object.keys({ POST: 0, GET: 0, 'server-sent events': 0, 'graphql-transport-ws': 0 }) as Transport[]
  ).filter((transport) => root === 'Query' || (transport !== 'GET' && (root === 'Mutation' || transport !== 'POST')));
  test.each(over.flatMap((transport) => everybody.map((who) => [transport, who] as const)))(
    'over %s: %s',
    async (transport, who) => {
      const answer = await transports[transport](who, rootQueries[name]?.(reached) ?? '');
      if (!isKnown(who)) return expect(answer).toBeNull();
      const value = JSON.stringify(answer?.data?.[field] ?? null);
      const isNothing = ['null', '{}', '[]', '[null]', '{"nodes":[]}'].includes(value);
      expect(isNothing, JSON.stringify(answer)).toBe(!isAllowed(who, level));
    },
  );
});
