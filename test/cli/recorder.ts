import { decodeMulti } from '@msgpack/msgpack';
import { type IPty, spawn } from '@lydell/node-pty';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ask, projectRoot, type ServerProcess } from './program.ts';

export const main = path.join(projectRoot, 'src/cli/main.ts');

/** The program in a real terminal, as a person has it. Disposing ends it, however it is. */
export type InTerminal = Disposable & {
  readonly pty: IPty;
  /** Everything that the terminal was sent so far. */
  readonly shown: () => string;
  /** Resolves when the terminal was sent this. */
  readonly shows: (text: string | RegExp) => Promise<string>;
  readonly ended: Promise<number>;
};

export const startInTerminal = (words: readonly string[], options: TerminalOptions = {}): InTerminal =>
  startAnyInTerminal([process.execPath, main, ...words], options);

type TerminalOptions = { readonly columns?: number; readonly rows?: number; readonly env?: NodeJS.ProcessEnv };

/** Another program in a terminal. */
export const startAnyInTerminal = (
  [file = '', ...args]: readonly string[],
  { columns = 100, rows = 30, env = {} }: TerminalOptions = {},
): InTerminal => {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('REELTIME_'));
  const pty = spawn(file, args, {
    cols: columns,
    rows,
    cwd: projectRoot,
    env: { ...Object.fromEntries(kept), ...env },
  });
  let shown = '';
  const waiting = new Set<() => void>();
  pty.onData((text) => {
    shown += text;
    for (const look of waiting) look();
  });
  let isOver = false;
  const ended = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => {
      isOver = true;
      for (const look of waiting) look();
      resolve(exitCode);
    });
  });
  const shows = (text: string | RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = typeof text === 'string' ? shown.includes(text) : text.test(shown);
        if (!found && !isOver) return;
        waiting.delete(look);
        if (found) resolve(shown);
        else reject(new Error(`it ended, and showed ${JSON.stringify(shown)}`));
      };
      waiting.add(look);
      look();
    });
  const dispose = (): void => {
    if (!isOver) pty.kill('SIGKILL');
  };
  return { pty, shown: () => shown, shows, ended, [Symbol.dispose]: dispose };
};

export type RecordedSession = {
  readonly sessionId: string;
  readonly socketId: string;
  readonly status: string;
  readonly recordingState: string;
  readonly startedAt: string;
  readonly kill: { readonly requestedBy: string; readonly reason: string; readonly confirmedAt: string | null } | null;
  readonly recording: { readonly recordingId: string; readonly columns: number; readonly rows: number };
};

/** The sessions that a server has, newest first. */
export const sessionsOf = async (server: Pick<ServerProcess, 'url' | 'token'>): Promise<readonly RecordedSession[]> => {
  const answer = (await ask(
    server,
    `{ sessions(first: 50) { nodes { sessionId status recordingState startedAt socket { socketId }
       kill { requestedBy reason confirmedAt } recording { recordingId columns rows } } } }`,
  )) as {
    readonly data: {
      readonly sessions: {
        readonly nodes: readonly (RecordedSession & { readonly socket: { readonly socketId: string } })[];
      };
    };
  };
  return answer.data.sessions.nodes.map((node) => ({ ...node, socketId: node.socket.socketId }));
};

/** The one session on this socket. */
export const sessionOn = async (
  server: Pick<ServerProcess, 'url' | 'token'>,
  socket: string,
): Promise<RecordedSession> => {
  const answer = (await ask(
    server,
    `{ sessions(first: 2, filter: { socketNames: ["${socket}"] }) { nodes { sessionId } } }`,
  )) as {
    readonly data: { readonly sessions: { readonly nodes: readonly { readonly sessionId: string }[] } };
  };
  const [only, ...more] = answer.data.sessions.nodes;
  const session = (await sessionsOf(server)).find(({ sessionId }) => sessionId === only?.sessionId);
  if (session === undefined || more.length > 0) throw new Error(`not one session on ${socket}`);
  return session;
};

export type StoredEvent = readonly [deltaMs: number, code: string, ...payload: readonly unknown[]];

/** The events that a server has of a recording. */
export const eventsOf = async (
  { url, token }: Pick<ServerProcess, 'url' | 'token'>,
  { recording }: RecordedSession,
): Promise<readonly StoredEvent[]> => {
  const headers = { 'x-access-token': token };
  const response = await fetch(`${url}/recordings/${recording.recordingId}.msgpack`, { headers });
  const tuples = [...decodeMulti(await response.arrayBuffer())] as StoredEvent[];
  return tuples.filter(([, code]) => !['header', '@', 'seal'].includes(code));
};

/** The bytes of the events with a code, joined. */
export const bytesOf = (events: readonly StoredEvent[], code: string): Buffer =>
  Buffer.concat(events.flatMap(([, each, data]) => (each === code && data instanceof Uint8Array ? [data] : [])));

/** Whether a process runs; one that ended and that nobody asked about does not. */
export const runs = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
