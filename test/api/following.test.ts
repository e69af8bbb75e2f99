import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordingReader, Stretch } from '../../src/store/recordings/recording-reader.ts';
import { WebSocket } from 'ws';
import { followBySse, socketClient, type Answer } from './asking.ts';
import { credentialsTopic } from '../../src/live/bus.ts';
import { openFed, output, type Fed } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

type Run = {
  readonly recording: { readonly firstEvent: number; readonly eventCount: number; readonly tuples: readonly unknown[] };
};
type Results<Data> = AsyncIterator<Answer<Data>>;

/** The same subscription over each transport. */
const transports: readonly {
  readonly name: string;
  readonly follow: <Data>(query: string) => { readonly results: Results<Data>; readonly leave: () => Promise<unknown> };
}[] = [
  {
    name: 'server-sent events',
    follow: <Data>(query: string) => {
      const stop = new AbortController();
      const results = followBySse<Data>(running, { query }, running.tokens.AUDITOR, stop.signal);
      return { results, leave: async () => stop.abort() };
    },
  },
  {
    name: 'graphql-transport-ws',
    follow: <Data>(query: string) => {
      const client = socketClient(running, running.tokens.AUDITOR);
      const results = client.iterate<Data>({ query }) as unknown as Results<Data>;
      return { results, leave: async () => client.dispose() };
    },
  },
];

const recordingQuery = (fed: Fed, rest = ''): string =>
  `subscription { recording(sessionId: "${fed.sessionId}"${rest}) { firstEvent eventCount tuples } }`;

const nextOf = async <Data>(results: Results<Data>): Promise<Data | null> => {
  const { done, value } = await results.next();
  if (done === true) return null;
  if (value.data == null) throw new Error(JSON.stringify(value.errors));
  return value.data;
};

describe.each(transports)('over $name', ({ follow }) => {
  test('a recording is what is stored, then what comes, without gap or repeat, until it is sealed', async () => {
    const fed = await openFed(running);
    await fed.append([output(0, 'stored'), output(5, 'too')]);
    const { results, leave } = follow<Run>(recordingQuery(fed));
    const got: Run['recording'][] = [];
    for (let batch = 0; batch < 3; batch += 1) {
      const data = await nextOf(results);
      if (data !== null) got.push(data.recording);
      await fed.append([output(10 + batch, `live ${batch}`)]);
    }
    await fed.end();
    for (let data = await nextOf(results); data !== null; data = await nextOf(results)) got.push(data.recording);
    expect(got.flatMap(({ tuples }) => tuples)).toEqual([
      [0, 'o', 'stored'],
      [0.005, 'o', 'too'],
      [0.01, 'o', 'live 0'],
      [0.011, 'o', 'live 1'],
      [0.012, 'o', 'live 2'],
    ]);
    let next = 0;
    for (const { firstEvent, eventCount } of got) {
      expect(firstEvent).toBe(next);
      next += eventCount;
    }
    await leave();
  });

  test('fromEvent goes on where the client was, and wins over from', async () => {
    const fed = await openFed(running);
    await fed.append([output(0, 'a'), output(1, 'b'), output(2, 'c')]);
    const { results, leave } = follow<Run>(recordingQuery(fed, ', fromEvent: 2, from: 100'));
    expect((await nextOf(results))?.recording).toEqual({ firstEvent: 2, eventCount: 1, tuples: [[0.002, 'o', 'c']] });
    await leave();
  });

  test('follow: false completes at the end of what is stored', async () => {
    const fed = await openFed(running);
    await fed.append([output(0, 'a')]);
    const { results, leave } = follow<Run>(recordingQuery(fed, ', follow: false'));
    expect((await nextOf(results))?.recording.eventCount).toBe(1);
    expect(await nextOf(results)).toBeNull();
    await leave();
  });

  test('a session is its state, then each change, until it has ended and is sealed', async () => {
    const fed = await openFed(running);
    type State = { readonly session: { readonly status: string } };
    const { results, leave } = follow<State>(`subscription { session(sessionId: "${fed.sessionId}") { status } }`);
    expect((await nextOf(results))?.session.status).toBe('ACTIVE');
    await fed.end();
    let last: string | undefined;
    for (let data = await nextOf(results); data !== null; data = await nextOf(results)) last = data.session.status;
    expect(last).toBe('ENDED');
    await leave();
  });

  test.each([
    ['session(sessionId: "93227a7e-8724-4be5-a5c5-2729f615ac50") { id }', 'NOT_FOUND'],
    ['recording(sessionId: "93227a7e-8724-4be5-a5c5-2729f615ac50") { rawSize }', 'NOT_FOUND'],
  ])('%s is refused', async (field, code) => {
    const { results, leave } = follow(`subscription { ${field} }`);
    const value: unknown = await results.next().then(
      (result) => (result.value as Answer<unknown>).errors,
      (errors: unknown) => errors,
    );
    expect(value).toMatchObject([{ extensions: { code } }]);
    await leave();
  });
});

/** A server whose reader tells how many runs were read, and whose catalog tells when nobody listens any more. */
const startWatched = async () => {
  let read = 0;
  let open = 0;
  let looks = 0;
  let wake: (() => void) | null = null;
  const watched = await startTestServer((parts) => {
    const { reader, bus } = parts;
    const counted = async function* (runs: Stretch['runs']) {
      for await (const run of runs) {
        read += 1;
        yield run;
      }
    };
    const counting = Object.create(reader, {
      stretch: {
        value: async (...given: Parameters<RecordingReader['stretch']>) => {
          const stretch = await reader.stretch(...given);
          return stretch === null ? null : { ...stretch, runs: counted(stretch.runs) };
        },
      },
    }) as RecordingReader;
    return {
      reader: counting,
      bus: {
        publish: (topic) => bus.publish(topic),
        listen: (topic) => {
          const listener = bus.listen(topic);
          // What looks for revoked credentials listens as long as the server runs.
          if (topic === credentialsTopic) return listener;
          open += 1;
          return {
            next: async (signal, timeoutMs) => {
              await listener.next(signal, timeoutMs);
              if (!signal.aborted) looks += 1;
            },
            [Symbol.dispose]: () => {
              listener[Symbol.dispose]();
              open -= 1;
              if (open === 0) wake?.();
            },
          };
        },
      },
    };
  });
  return {
    watched,
    runsRead: () => read,
    listeners: () => open,
    /** How often somebody woke to look again. */
    looks: () => looks,
    /** Resolves when nothing listens. */
    idle: () => (open === 0 ? Promise.resolve() : new Promise<void>((resolve) => (wake = resolve))),
  };
};

const CHUNKS = 60;
/** 256 KiB a chunk, that compresses to little. */
const feedMany = async (server: Running): Promise<Fed> => {
  const fed = await openFed(server);
  for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
    await fed.append(Array.from({ length: 4 }, (_, part) => output(chunk * 4 + part, 'y'.repeat(80 * 1024))));
    await server.installation.closer.settled();
  }
  await fed.end();
  return fed;
};

test('a client that does not read its WebSocket stops its source, and its going ends it', async () => {
  const { watched, runsRead, listeners, idle } = await startWatched();
  await using server = watched;
  const fed = await feedMany(server);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token: server.tokens.AUDITOR } }));
  await once(socket, 'message');
  socket.pause();
  const query = `subscription { recording(sessionId: "${fed.sessionId}") { msgpack } }`;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  const settled = await whenSteady(runsRead);
  expect(settled).toBeGreaterThan(0);
  expect(settled).toBeLessThan(CHUNKS);
  expect(listeners()).toBe(1);
  socket.terminate();
  await idle();
  expect(runsRead()).toBeLessThanOrEqual(settled + 1);
});

test.each([
  ['server-sent events', '/graphql', 'text/event-stream'],
  ['a download', '', '*/*'],
])('a client that does not read %s stops its source, and its going ends it', async (_name, path, accept) => {
  const { watched, runsRead } = await startWatched();
  await using server = watched;
  const fed = await feedMany(server);
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const query = encodeURIComponent(`subscription { recording(sessionId: "${fed.sessionId}") { msgpack } }`);
  const target = path === '' ? `/recordings/${fed.recordingId}.ndjson` : `${path}?query=${query}`;
  socket.write(
    `GET ${target} HTTP/1.1\r\nhost: x\r\naccept: ${accept}\r\nx-access-token: ${server.tokens.AUDITOR}\r\n\r\n`,
  );
  await once(socket, 'readable');
  const settled = await whenSteady(runsRead);
  expect(settled).toBeGreaterThan(0);
  expect(settled).toBeLessThan(CHUNKS);
  socket.destroy();
  expect(await whenSteady(runsRead)).toBeLessThanOrEqual(settled + 1);
  expect(server.logged.filter(({ level }) => level === 'error')).toEqual([]);
});

/** The value once the event loop turned 200 times without a change of it. */
const whenSteady = async (value: () => number): Promise<number> => {
  let last = -1;
  for (let same = 0; same < 200; same = value() === last ? same + 1 : 0) {
    last = value();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return last;
};

test('a subscription whose client has gone leaves no listener behind, while nothing comes', async () => {
  const { watched, listeners, idle } = await startWatched();
  await using server = watched;
  const fed = await openFed(server);
  await fed.append([output(0, 'a')]);
  const stop = new AbortController();
  const client = socketClient(server, server.tokens.AUDITOR);
  const query = recordingQuery(fed);
  const followers = [
    {
      follow: () => followBySse<Run>(server, { query }, server.tokens.AUDITOR, stop.signal) as Results<Run>,
      leave: () => stop.abort(),
    },
    { follow: () => client.iterate<Run>({ query }) as unknown as Results<Run>, leave: () => client.terminate() },
  ];
  for (const { leave, follow } of followers) {
    const results = follow();
    expect(await nextOf(results)).not.toBeNull();
    const waiting = results.next().catch(() => null);
    expect(listeners()).toBe(1);
    leave();
    await idle();
    await waiting;
  }
});

test('a subscription that is left on a WebSocket that stays open ends at once, while nothing comes', async () => {
  const { watched, listeners, looks, idle } = await startWatched();
  await using server = watched;
  const fed = await openFed(server);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const send = (message: object): void => socket.send(JSON.stringify(message));
  const query = `subscription { session(sessionId: "${fed.sessionId}") { status } }`;
  send({ type: 'connection_init', payload: { token: server.tokens.VIEWER } });
  await once(socket, 'message');
  send({ type: 'subscribe', id: '1', payload: { query } });
  await once(socket, 'message');
  expect(listeners()).toBe(1);
  send({ type: 'complete', id: '1' });
  await idle();
  // The tail looks again by itself after seconds without a hint; it did not have to.
  expect(looks()).toBe(0);
  expect(socket.readyState).toBe(WebSocket.OPEN);
  socket.terminate();
});

test('a server that stops ends its subscriptions, its WebSockets (1001) and its downloads', async () => {
  await using server = await startTestServer();
  const fed = await openFed(server);
  await fed.append([output(0, 'a')]);
  const large = await feedMany(server);
  const bySse = followBySse<Run>(server, { query: recordingQuery(fed) }, server.tokens.AUDITOR);
  expect((await bySse.next()).value?.data?.recording.eventCount).toBe(1);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const download = await fetch(`${server.url}/recordings/${large.recordingId}.ndjson`, {
    headers: { 'x-access-token': server.tokens.AUDITOR },
  });
  const closed = once(socket, 'close');
  await server.stop();
  expect((await closed)[0]).toBe(1001);
  expect((await bySse.next()).done).toBe(true);
  await expect(download.text()).rejects.toThrow('terminated');
  expect(server.logged.filter(({ level }) => level === 'error')).toEqual([]);
});
