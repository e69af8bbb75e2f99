import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openFed, output, type Fed } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

const WATCHERS = 50;
const BATCHES = 60;
/** Events of a batch: a hundred batches a second would be twice what the busiest terminals do. */
const BATCH = 200;
/** What one watcher that does not read may cost, and all the others together. */
const GROWTH_BYTES_MAX = 200 * 1024 * 1024;

type Chunk = {
  readonly firstEvent: number;
  readonly eventCount: number;
  readonly tuples: readonly (readonly unknown[])[];
};

type Watcher = {
  readonly socket: WebSocket;
  /** What came, in the order in which it came. */
  readonly chunks: Chunk[];
  /** Resolves when the subscription has completed. */
  readonly completed: Promise<void>;
};

const watch = async (fed: Fed): Promise<Watcher> => {
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token: running.tokens.AUDITOR } }));
  await once(socket, 'message');
  const chunks: Chunk[] = [];
  const first = once(socket, 'message');
  const completed = new Promise<void>((resolve) => {
    socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as {
        type: string;
        payload?: { data: { recording: Chunk } };
      };
      if (message.payload !== undefined) chunks.push(message.payload.data.recording);
      if (message.type === 'complete') resolve();
    });
  });
  const query = `subscription { recording(sessionId: "${fed.sessionId}") { firstEvent eventCount tuples } }`;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  await first;
  return { socket, chunks, completed };
};

const line = 'x'.repeat(100);

test('fifty watchers of a recording that is fed as fast as it goes get all of it in order; one that does not read harms nobody', async () => {
  const fed = await openFed(running);
  await fed.append([output(0, 'begun')]);
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, () => watch(fed)));
  const [paused, ...others] = watchers;
  paused?.socket.pause();
  const before = process.memoryUsage().rss;
  let most = before;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const events = Array.from({ length: BATCH }, (_, index) =>
      output(batch * BATCH + index, `${batch} ${index} ${line}`),
    );
    await fed.append(events);
    most = Math.max(most, process.memoryUsage().rss);
  }
  await fed.end();
  await Promise.all(others.map(({ completed }) => completed));
  // The one that did not read goes on where it was: nothing of it was kept for it but what is on disk.
  paused?.socket.resume();
  await paused?.completed;
  for (const { chunks } of watchers) {
    expect(chunks[0]?.firstEvent).toBe(0);
    for (const [index, chunk] of chunks.entries()) {
      const last = chunks[index - 1];
      if (last !== undefined) expect(chunk.firstEvent).toBe(last.firstEvent + last.eventCount);
    }
    const tuples = chunks.flatMap((chunk) => chunk.tuples);
    expect(tuples).toHaveLength(1 + BATCHES * BATCH);
    expect(tuples.at(-1)).toEqual([(BATCHES * BATCH - 1) / 1000, 'o', `${BATCHES - 1} ${BATCH - 1} ${line}`]);
  }
  // NOTE the clients are of this process, and what they keep is theirs: half of the growth, about.
  expect(most - before).toBeLessThan(GROWTH_BYTES_MAX + WATCHERS * BATCHES * BATCH * (line.length + 60));
  for (const { socket } of watchers) socket.terminate();
});
