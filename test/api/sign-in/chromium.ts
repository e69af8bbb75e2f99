import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

/** A page of a real browser, with a profile of its own. Disposing ends the browser. */
export type ChromiumPage = AsyncDisposable & {
  /** The value of an expression in the page, as JSON. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  readonly open: (url: string) => Promise<void>;
};

type Message = { readonly id?: number; readonly result?: Record<string, unknown>; readonly error?: unknown };

const program = 'chromium';
const words = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
];

/** Speaks the DevTools protocol: each call is answered by its id. */
const speak = async (url: string) => {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const waiting = new Map<number, (message: Message) => void>();
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id !== undefined) waiting.get(message.id)?.(message);
  });
  let lastId = 0;
  const call = async (method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> => {
    const id = (lastId += 1);
    const answered = new Promise<Message>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    const { result, error } = await answered;
    waiting.delete(id);
    if (result === undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  };
  return { call, close: () => socket.close() };
};

export const openChromium = async (): Promise<ChromiumPage> => {
  const profile = await mkdtemp(path.join(tmpdir(), 'reeltime-chromium-'));
  const browser = spawn(program, [...words, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let devtools = '';
  for await (const line of createInterface({ input: browser.stderr })) {
    devtools = /DevTools listening on (\S+)/.exec(line)?.[1] ?? '';
    if (devtools !== '') break;
  }
  browser.stderr.resume();
  const { call, close } = await speak(devtools);
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = (await call('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string };
  return {
    open: async (url) => void (await call('Page.navigate', { url }, sessionId)),
    evaluate: async (expression) => {
      const { result } = await call('Runtime.evaluate', { expression, returnByValue: true }, sessionId);
      return (result as { readonly value?: unknown }).value;
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(browser, 'exit');
      await call('Browser.close', {});
      close();
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
