import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { castLines } from '../bench/terminal-data.ts';
import { ended, type ServerProcess, startProgram, startServerProcess, temporaryFolder } from '../cli/program.ts';

/*
 * A recording of RAW_BYTES of terminal output (1 GB; less by the variable LONG_RAW_BYTES), imported and read in every way. Its
 * size must not show in the server's memory, and seeking must not show in what it reads.
 */

const RAW_BYTES = Number(process.env['LONG_RAW_BYTES'] ?? 1_000_000_000);
/** What the server may take beyond what it has when it is idle. Three chunks of every reader, and what V8 has not collected. */
const GROWTH_BYTES_MAX = 256 * 1024 * 1024;
const MEBIBYTE = 1024 * 1024;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
let sessionId: string;
let idleBytes: number;

/** A line of /proc/<pid>/<file>, such as `VmRSS:  1234 kB`, as a number. */
const fromProc = async (file: 'status' | 'io', name: string): Promise<number> => {
  const text = await readFile(`/proc/${server.child.pid}/${file}`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
};
const peakBytes = async (): Promise<number> => (await fromProc('status', 'VmHWM')) * 1024;
const readBytes = (): Promise<number> => fromProc('io', 'rchar');

beforeAll(async () => {
  folder = await temporaryFolder();
  const cast = path.join(folder.path, 'long.cast');
  await pipeline(Readable.from(castLines(7, RAW_BYTES)), createWriteStream(cast));
  const data = path.join(folder.path, 'data');
  const importing = startProgram(['import', '--json', '--data', data, cast]);
  const { code, stdout } = await ended(importing);
  expect(code).toBe(0);
  ({ sessionId } = JSON.parse(stdout) as { sessionId: string });
  server = await startServerProcess(data);
  await get(`/api/v1/sessions`).then((response) => response.text());
  idleBytes = await peakBytes();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const get = async (target: string, init: RequestInit = {}): Promise<Response> => {
  const headers = { 'x-access-token': server.token, ...(init.headers as Record<string, string>) };
  const response = await fetch(server.url + target, { ...init, headers });
  expect(response.status).toBe(200);
  return response;
};

const drain = async (response: Response): Promise<number> => {
  let bytes = 0;
  for await (const piece of response.body ?? []) bytes += (piece as Uint8Array).length;
  return bytes;
};

const subscribe = (query: string): Promise<Response> =>
  get('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
  });

const whole = (fields: string): string =>
  `subscription { recording(sessionId: "${sessionId}", follow: false) { ${fields} } }`;

test.for([
  ['.rec.zst', () => get(`/recordings/${sessionId}.rec.zst`)],
  ['.msgpack', () => get(`/recordings/${sessionId}.msgpack`)],
  ['.cast', () => get(`/recordings/${sessionId}.cast`)],
  ['.ndjson', () => get(`/recordings/${sessionId}.ndjson`)],
  ['a subscription of msgpack', () => subscribe(whole('msgpack'))],
  ['a subscription of typed events', () => subscribe(whole('events { time ... on TerminalOutput { data } }'))],
] as const)('%s of the whole recording takes memory that does not grow with it', async ([, read]) => {
  const bytes = await drain(await read());
  expect(bytes).toBeGreaterThan(RAW_BYTES / 100);
  const growth = (await peakBytes()) - idleBytes;
  console.log(
    `${(bytes / MEBIBYTE).toFixed(0)} MiB sent; peak memory ${(growth / MEBIBYTE).toFixed(0)} MiB above idle`,
  );
  expect(growth).toBeLessThan(GROWTH_BYTES_MAX);
});

test('a client that does not read stops its source', async () => {
  const before = await readBytes();
  const response = await get(`/recordings/${sessionId}.cast`);
  const reader = response.body?.getReader();
  await reader?.read();
  // What it read settles when the socket's buffers are full.
  let [last, now] = [-1, await readBytes()];
  while (now !== last) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    [last, now] = [now, await readBytes()];
  }
  await reader?.cancel();
  console.log(`${((now - before) / MEBIBYTE).toFixed(1)} MiB read for a client that took one piece`);
  expect(now - before).toBeLessThan(32 * MEBIBYTE);
});

test('seeking to the last second reads the chunks that overlap it, wherever they are', async () => {
  const recording = `{ session(sessionId: "${sessionId}") { recording { duration storedSize chunks(first: 1, from: FROM) { nodes { startTime endTime rawSize events { time } } } } } }`;
  type Answer = {
    data: {
      session: { recording: { duration: number; storedSize: number; chunks: { nodes: { endTime: number }[] } } };
    };
  };
  const ask = async (from: number): Promise<Answer['data']['session']['recording']> => {
    const body = JSON.stringify({ query: recording.replace('FROM', String(from)) });
    const response = await get('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return ((await response.json()) as Answer).data.session.recording;
  };
  const { duration, storedSize } = await ask(0);
  const before = await readBytes();
  const { chunks } = await ask(duration - 1);
  const read = (await readBytes()) - before;
  console.log(`${(read / 1024).toFixed(0)} KiB read of ${(storedSize / MEBIBYTE).toFixed(0)} MiB stored`);
  expect(chunks.nodes[0]?.endTime).toBeGreaterThanOrEqual(duration - 1);
  expect(read).toBeLessThan(4 * MEBIBYTE);
});
