import { once } from 'node:events';
import { connect } from 'node:net';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { toolTest } from '../require.ts';
import { headersOf } from './asking.ts';
import { openFed, output, type Fed } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';
import { spawn } from 'node:child_process';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

/** A recording that has some output already. */
const begun = async (): Promise<Fed> => {
  const fed = await openFed(running);
  await fed.append([output(0, 'before '), output(2_000, 'joining ')]);
  return fed;
};

const open = async (path: string, token: string = running.tokens.AUDITOR): Promise<IncomingMessage> => {
  const [response] = (await once(get(running.url + path, { headers: headersOf(token) }), 'response')) as [
    IncomingMessage,
  ];
  response.setEncoding('utf8');
  return response;
};

/** Reads until the text so far satisfies; what comes later is still there. */
const readUntil = async (response: IncomingMessage, isEnough: (text: string) => boolean): Promise<string> => {
  let text = '';
  while (!isEnough(text)) {
    const piece: unknown = response.read();
    if (typeof piece === 'string') text += piece;
    else
      await Promise.race([
        once(response, 'readable'),
        once(response, 'end').then(() => Promise.reject(new Error(text))),
      ]);
  }
  return text;
};

test.each([
  ['cast', '{"version":2', '"later"'],
  ['ndjson', '[0,"o","before "]', '"later"'],
])('.%s?follow=true is what is stored, then what comes, until it is sealed', async (extension, first, later) => {
  const fed = await begun();
  const response = await open(`/recordings/${fed.recordingId}.${extension}?follow=true`);
  expect(await readUntil(response, (text) => text.includes('joining'))).toContain(first);
  await fed.append([output(3_000, 'later')]);
  await readUntil(response, (text) => text.includes(later));
  const ended = once(response, 'end');
  response.resume();
  await fed.end();
  await ended;
});

test('a followed cast says at once what it is of, while nothing has come yet', async () => {
  const fed = await openFed(running);
  const response = await open(`/recordings/${fed.recordingId}.cast?follow=true`);
  expect(await readUntil(response, (text) => text.includes('\n'))).toContain('"width":80');
  response.destroy();
});

test('without follow it ends where it is, and another word than true or false is refused', async () => {
  const fed = await begun();
  const response = await open(`/recordings/${fed.recordingId}.ndjson?follow=false`);
  expect(await readUntil(response, (text) => text.split('\n').length > 2)).toContain('joining');
  expect((await open(`/recordings/${fed.recordingId}.ndjson?follow=yes`)).statusCode).toBe(400);
});

toolTest('asciinema')('asciinema plays a session that runs, as it comes', async () => {
  const fed = await begun();
  const response = await open(`/recordings/${fed.recordingId}.cast?follow=true`);
  const player = spawn('asciinema', ['play', '-s', '100', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, LC_ALL: 'C.UTF-8', ASCIINEMA_CONFIG_HOME: running.installation.folder.path },
  });
  response.pipe(player.stdin);
  let shown = '';
  player.stdout.on('data', (piece: Buffer) => (shown += piece.toString()));
  const ended = once(player, 'exit');
  await fed.append([output(2_500, 'and later')]);
  await fed.end();
  expect((await ended)[0]).toBe(0);
  expect(shown).toContain('before joining and later');
});

const socketTo = (
  recordingId: string,
  token: string,
  protocols = ['v1.alis', 'v2.asciicast', 'v3.asciicast', 'raw'],
): WebSocket =>
  new WebSocket(`${running.url.replace('http', 'ws')}/recordings/${recordingId}/live`, protocols, {
    headers: headersOf(token),
  });

test("asciinema-player's WebSocket driver is given asciicast v3: what was before at once, then live, and 1000 at the end", async () => {
  const fed = await begun();
  const socket = socketTo(fed.recordingId, running.tokens.AUDITOR);
  const messages: unknown[] = [];
  const joined = new Promise<void>((resolve) => {
    socket.on('message', (message) => {
      messages.push(JSON.parse(String(message)));
      if (messages.length === 3) resolve();
    });
  });
  await joined;
  expect(socket.protocol).toBe('v3.asciicast');
  expect(messages[0]).toMatchObject({ version: 3, term: { cols: 80, rows: 24 } });
  expect(messages.slice(1)).toEqual([
    [0, 'o', 'before '],
    [0, 'o', 'joining '],
  ]);
  await fed.append([output(3_000, 'one'), { timeMs: 3_500, code: 'r', payload: [100, 30] }, output(3_600, 'two')]);
  const closed = once(socket, 'close');
  await fed.end();
  expect((await closed)[0]).toBe(1000);
  expect(messages.slice(3)).toEqual([
    [1, 'o', 'one'],
    [0.5, 'r', '100x30'],
    [0.1, 'o', 'two'],
  ]);
});

test('its event source driver is given times from the moment of joining, and a done event at the end', async () => {
  const fed = await begun();
  const response = await open(`/recordings/${fed.recordingId}/live`);
  expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  const first = await readUntil(response, (text) => text.includes('joining'));
  expect(first).toBe('data: {"cols":80,"rows":24,"time":0}\n\ndata: [0,"o","before "]\n\ndata: [0,"o","joining "]\n\n');
  await fed.append([output(3_000, 'one')]);
  expect(await readUntil(response, (text) => text.includes('one'))).toBe('data: [1,"o","one"]\n\n');
  const done = readUntil(response, (text) => text.includes('event: done'));
  await fed.end();
  expect(await done).toBe('event: done\ndata:\n\n');
});

test('who may not watch recordings may not watch them live, and is told before a WebSocket opens', async () => {
  const fed = await begun();
  const statusOf = async (token: string, id: string = fed.recordingId): Promise<number> => {
    const socket = socketTo(id, token);
    socket.on('error', () => {});
    const outcome = await Promise.race([
      once(socket, 'open').then(() => 101),
      once(socket, 'unexpected-response').then(([, response]) => (response as IncomingMessage).statusCode ?? 0),
    ]);
    socket.terminate();
    return outcome;
  };
  const { AUDITOR, VIEWER, PRODUCER, METRICS } = running.tokens;
  expect(await statusOf(AUDITOR)).toBe(101);
  for (const token of [VIEWER, PRODUCER, METRICS]) expect(await statusOf(token)).toBe(403);
  expect(await statusOf('rt_nothing')).toBe(401);
  expect(await statusOf(AUDITOR, '93227a7e-8724-4be5-a5c5-2729f615ac50')).toBe(404);
  expect(await statusOf(AUDITOR, 'no-uuid')).toBe(400);
  for (const token of [VIEWER, PRODUCER])
    expect((await open(`/recordings/${fed.recordingId}/live`, token)).statusCode).toBe(403);
});

test('a watcher that breaks off while much waits for it, and one that sends no frames, harm nobody', async () => {
  const fed = await openFed(running);
  for (let batch = 0; batch < 20; batch += 1) {
    await fed.append(Array.from({ length: 500 }, (_, index) => output(batch * 500 + index, 'x'.repeat(1_000))));
  }
  const deaf = socketTo(fed.recordingId, running.tokens.AUDITOR);
  deaf.on('error', () => {});
  await once(deaf, 'message');
  deaf.pause();
  deaf.terminate();
  const { hostname, port } = new URL(running.url);
  const raw = connect(Number(port), hostname);
  const key = Buffer.from('0123456789abcdef').toString('base64');
  raw.write(
    `GET /recordings/${fed.recordingId}/live HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
      `sec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\nsec-websocket-protocol: v3.asciicast\r\n` +
      `x-access-token: ${running.tokens.AUDITOR}\r\n\r\n`,
  );
  await once(raw, 'data');
  const closed = once(raw, 'close');
  // A frame that is not masked, which no client may send.
  raw.write(Buffer.from([0x81, 0x02, 0x68, 0x69]));
  raw.resume();
  await closed;
  expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
});

test('watching live is on record', async () => {
  const fed = await begun();
  const response = await open(`/recordings/${fed.recordingId}/live`);
  await readUntil(response, (text) => text.includes('joining'));
  const { items } = await running.installation.catalog.sessionEvents({ scope: 'all' }, fed.sessionId, ['WATCHED'], {
    limit: 10,
    backward: false,
    after: null,
    before: null,
  });
  expect(items).toMatchObject([{ actor: 'AUDITOR', recordingId: fed.recordingId }]);
  response.destroy();
});
