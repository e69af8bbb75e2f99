import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, expect } from 'vitest';
import { WebSocket } from 'ws';
import { pathOfTool, toolTest } from '../require.ts';
import { type ServerProcess, startServerProcess, temporaryFolder } from './program.ts';
import { type RecordedSession, runs, sessionOn, startAnyInTerminal, startInTerminal } from './recorder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
beforeEach(async () => {
  folder = await temporaryFolder();
  server = await startServerProcess(path.join(folder.path, 'data'));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const missing = ['curl', 'asciinema', 'script'].find((tool) => pathOfTool(tool) === null);

/** What a watcher in the browser sees, as it comes. */
class Subscription {
  #text = '';
  readonly #waiting = new Set<() => void>();
  /** Resolves with all of it when the server says that there is no more. */
  readonly whole: Promise<string>;

  constructor(session: RecordedSession) {
    this.whole = this.#follow(session);
  }

  async #follow({ sessionId }: RecordedSession): Promise<string> {
    type Data = { readonly recording: { readonly events: readonly { readonly data?: string }[] } };
    const client = createClient({
      url: `${server.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { token: server.token },
    });
    const query = `subscription { recording(sessionId: "${sessionId}") { events { ... on TerminalOutput { data } } } }`;
    for await (const { data, errors } of client.iterate<Data>({ query })) {
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      this.#text += (data?.recording.events ?? []).map((event) => event.data ?? '').join('');
      for (const look of this.#waiting) look();
    }
    await client.dispose();
    return this.#text;
  }

  shows(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.#text.includes(text)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

const auth = (): readonly string[] => ['-H', `x-access-token: ${server.token}`];

/** `curl … | asciinema play -`, in a terminal, as somebody has it who watches from a shell. */
const playLive = ({ recording }: RecordedSession) => {
  const address = `${server.url}/recordings/${recording.recordingId}.cast?follow=true`;
  const env = { LC_ALL: 'C.UTF-8', ASCIINEMA_CONFIG_HOME: folder.path };
  const line = `curl -sSfN ${auth().join(' ').replace('x-access-token: ', 'x-access-token:')} '${address}' | asciinema play -i 0.1 -`;
  return startAnyInTerminal(['sh', '-c', line], { env });
};

/** What asciinema prints of the recording as it is downloaded. */
const printed = async ({ recording }: RecordedSession): Promise<string> => {
  const [cast, out] = [path.join(folder.path, 'whole.cast'), path.join(folder.path, 'printed')];
  const address = `${server.url}/recordings/${recording.recordingId}.cast`;
  await promisify(execFile)('curl', ['-sSf', ...auth(), '-o', cast, address]);
  const env = { ...process.env, LC_ALL: 'C.UTF-8', ASCIINEMA_CONFIG_HOME: folder.path };
  // asciinema wants a terminal even to print: script gives it one.
  await writeFile(out, '');
  await promisify(execFile)('script', ['-qec', `asciinema cat '${cast}' > '${out}'`, '/dev/null'], { env });
  return readFile(out, 'utf8');
};

toolTest(missing ?? 'curl')(
  'a shell is recorded, watched by subscription and by asciinema, and killed by REST: its processes are gone, the cut is confirmed, and it plays to the last byte',
  async () => {
    const words = ['--data', path.join(folder.path, 'data'), '--spool', path.join(folder.path, 'spool')];
    using person = startInTerminal(['record', ...words, '--socket', 'shell', '--', 'sh', '-i'], { env: { PS1: '$ ' } });
    await person.shows('$ ');
    person.pty.write('sleep 1000 & echo "shell $$ child $!."\r');
    const [, shell, child] = /shell (\d+) child (\d+)\./.exec(await person.shows(/shell \d+ child \d+\./)) ?? [];
    const session = await sessionOn(server, 'shell');
    const subscription = new Subscription(session);
    using player = playLive(session);
    person.pty.write('echo "the answer is $((6 * 7))"; stty size\r');
    await Promise.all([person, subscription, player].map((each) => each.shows('the answer is 42')));
    expect(runs(Number(shell)) && runs(Number(child))).toBe(true);
    person.pty.write('while :; do echo more; sleep 0.01; done\r');
    await person.shows('more\r\nmore');

    const response = await fetch(`${server.url}/api/v1/session/${session.socketId}/${session.sessionId}`, {
      method: 'PUT',
      headers: { 'x-access-token': server.token, 'content-type': 'application/json' },
      body: JSON.stringify({ killed: true }),
    });
    expect(await response.json()).toMatchObject({ session_id: session.sessionId, killed: true });
    expect(await person.ended).toBe(137);
    expect([shell, child].filter((pid) => runs(Number(pid)))).toEqual([]);
    expect(await sessionOn(server, 'shell')).toMatchObject({
      status: 'KILLED',
      kill: { requestedBy: 'admin', confirmedAt: expect.any(String) },
    });

    const whole = await subscription.whole;
    expect(await player.ended).toBe(0);
    const said = 'reeltime: this session was killed by admin';
    const shown = person.shown().split(said)[0] ?? '';
    expect(person.shown()).toContain(said);
    expect(shown.trimEnd()).toBe(whole.trimEnd());
    expect(await printed(session)).toBe(whole);
    expect(player.shown().replaceAll('\r\r\n', '\r\n')).toContain(whole.trimEnd());
  },
);
