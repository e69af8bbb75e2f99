import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SessionId } from '../../../src/model/ids.ts';
import { ask } from '../asking.ts';
import { aSession, openFed, output, type Fed } from '../feeding.ts';
import { startTestServer, type Running } from '../running.ts';

let running: Running;
let fed: Fed;
const others = randomUUID() as SessionId;

// Two producers, and the same person at the same socket: what one knows of them is not the other's to read.
beforeAll(async () => {
  running = await startTestServer();
  fed = await openFed(running);
  await fed.append([output(0, 'secret words')]);
  await fed.end();
  const session = aSession({ sessionId: others });
  const told = { ...session, user: { ...session.user, name: 'Known to others', sub: 'idp|others' } };
  await running.installation.intake.openSession({ producer: 'others', actor: 'another' }, told);
});
afterAll(() => running[Symbol.asyncDispose]());

test('a producer sees sessions of its own name only, whichever way it goes through the tree', async () => {
  const query = `{
    session(sessionId: "${fed.sessionId}") {
      user { user { name sub sessions { totalCount nodes { sessionId user { user { sessions { nodes { sessionId } } } } } } } }
      socket { socket { sessions { totalCount edges { node { sessionId } } } } }
      events { nodes { message } }
    }
    sessions { totalCount nodes { sessionId } }
  }`;
  const { data, errors } = await ask(running, query, {}, running.tokens.PRODUCER);
  expect(errors).toBeUndefined();
  const text = JSON.stringify(data);
  expect(text).toContain(fed.sessionId);
  expect(text).not.toContain(others);
  expect(text).not.toContain('Known to others');
  expect(text).not.toContain('idp|others');
  expect(data).toMatchObject({
    sessions: { totalCount: 1 },
    session: { user: { user: { sessions: { totalCount: 1 } } } },
  });
});

test("another producer's session answers like one that is not there", async () => {
  const query = (id: string): string =>
    `{ session(sessionId: "${id}") { id } node(id: "${btoa(`Session:${id}`)}") { id } }`;
  const unknown = await ask(running, query(randomUUID()), {}, running.tokens.PRODUCER);
  const hidden = await ask(running, query(others), {}, running.tokens.PRODUCER);
  expect(hidden).toEqual(unknown);
  expect(hidden.data).toEqual({ session: null, node: null });
  const path = (id: string): string => `${running.url}/api/v1/session/${fed.session.socket.socketId}/${id}`;
  const headers = { 'x-access-token': running.tokens.PRODUCER };
  const answers = await Promise.all(
    [others, randomUUID()].map(async (id) => (await fetch(path(id), { headers })).json()),
  );
  expect(answers[0]).toEqual(answers[1]);
});

test('what a role may not see inside a tree is null, and an error says where', async () => {
  const query =
    '{ sessions(last: 1) { nodes { sessionId recording { eventCount chunks { nodes { tuples } } integrity { headHash } downloads { url } } } } }';
  const { data, errors } = await ask(running, query, {}, running.tokens.VIEWER);
  expect(data).toMatchObject({
    sessions: {
      nodes: [
        { sessionId: fed.sessionId, recording: { eventCount: 1, chunks: null, integrity: null, downloads: null } },
      ],
    },
  });
  expect(errors?.map(({ path, extensions }) => [path?.join('.'), extensions?.code]).toSorted()).toEqual([
    ['sessions.nodes.0.recording.chunks', 'FORBIDDEN'],
    ['sessions.nodes.0.recording.downloads', 'FORBIDDEN'],
    ['sessions.nodes.0.recording.integrity', 'FORBIDDEN'],
  ]);
});
