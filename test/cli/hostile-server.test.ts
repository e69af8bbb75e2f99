/* oxlint-disable no-control-regex -- what a terminal must not be sent */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { runProgram, startProgram } from './program.ts';

const session = '93227a7e-8724-4be5-a5c5-2729f615ac50';
const clipboard = '\u001b]52;c;cm0=\u0007\u009b31m';

/** A server that answers as it likes, until it is disposed. */
const answering = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const env = { REELTIME_TOKEN: 'a-token' };

test.each([
  ['list', { errors: [{ message: clipboard }] }],
  ['list', { data: { sessions: { nodes: [], pageInfo: { hasNextPage: true, endCursor: clipboard } } } }],
  [`show ${session}`, { errors: [{ message: clipboard, extensions: { code: 'FORBIDDEN' } }] }],
  [`play ${session}`, { error: { code: clipboard, message: clipboard } }],
])('a server that says to %s what a terminal would obey is not obeyed', async (words, answer) => {
  let asked = 0;
  await using server = await answering((_request, response) => {
    asked += 1;
    // The second page is the last.
    const sent = asked === 1 ? answer : { errors: [{ message: clipboard }] };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(sent));
  });
  const { code, stdout, stderr } = await runProgram([...words.split(' '), '--server', server.url], { env });
  expect(code).toBe(1);
  expect(`${stdout}${stderr}`).toContain('\\u{1b}]52');
  expect(`${stdout}${stderr}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('a follower whose reader has gone ends, and says nothing', async () => {
  let page = 0;
  await using server = await answering((_request, response) => {
    page += 1;
    response.writeHead(200, { 'next-cursor': `0a1b2c3d.${page.toString(36)}` }).end(`{"page":${page}}\n`.repeat(1000));
  });
  const child = startProgram(['export', '--follow', '--server', server.url], { env });
  if (child.stdout === null || child.stderr === null) throw new Error('started without pipes');
  const closed = once(child, 'close');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  await closed;
  expect([child.exitCode, said]).toEqual([0, '']);
});
