import { Agent, request } from 'node:http';
import { RemoteIntake } from '../../src/client/remote-intake.ts';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import type { OpenSession } from '../../src/model/intake.ts';
import type { BenchRoom } from './bench-room.ts';
import { Caller } from './caller.ts';
import type { ServerProcess } from './server-process.ts';

export type LiveSession = {
  readonly sessionId: SessionId;
  readonly recordingId: RecordingId;
  readonly epoch: number;
  nextEvent: number;
};

/** Sessions that are opened at once. */
const OPENED_AT_ONCE = 50;

const sessionAt = (index: number): OpenSession => ({
  sessionId: null,
  protocol: 'SSH',
  upstream: null,
  user: {
    identity: null,
    email: `user${index % 100}@example.com`,
    name: null,
    picture: null,
    sub: null,
    nickname: null,
    isServiceAccount: false,
  },
  socket: { socketId: null, name: `server-${index % 50}` },
  client: { ip: '192.0.2.7', port: 50_123, software: null },
  server: { name: 'server.example.com', port: 22 },
  sshUser: 'root',
  authInfo: null,
  labels: null,
  startedAtMs: null,
  denyReason: null,
  recording: { recordingId: null, kind: 'TERMINAL', columns: 80, rows: 24 },
});

/** A producer's sessions, which run, and its connections to the server. */
export class LiveSessions implements Disposable {
  readonly token: string;
  readonly all: LiveSession[] = [];
  readonly #url: string;
  readonly #intake: RemoteIntake;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: Infinity });

  private constructor(url: string, token: string) {
    this.#url = url;
    this.token = token;
    this.#intake = new RemoteIntake({ url, token });
  }

  /** A producer of its own, without sessions. */
  static async of(server: ServerProcess, room: BenchRoom): Promise<LiveSessions> {
    using caller = new Caller(server.url, await room.adminToken());
    const { createToken } = await caller.ask<{ readonly createToken: { readonly secret: string } }>(
      'mutation ($name: String!) { createToken(input: { name: $name, role: PRODUCER }) { ... on CreateTokenPayload { secret } } }',
      { name: `producer ${Math.random()}` },
    );
    return new LiveSessions(server.url, createToken.secret);
  }

  /** Sessions of the same names at a server that opens none. */
  elsewhere(url: string): LiveSessions {
    const other = new LiveSessions(url, this.token);
    other.all.push(...this.all.map((session) => ({ ...session, nextEvent: 0 })));
    return other;
  }

  /** Opens more, and tells those. */
  async open(count: number): Promise<readonly LiveSession[]> {
    const opened: LiveSession[] = [];
    for (let left = count; left > 0; left -= OPENED_AT_ONCE) {
      const together = Array.from({ length: Math.min(left, OPENED_AT_ONCE) }, (_, index) => this.#openOne(index));
      opened.push(...(await Promise.all(together)));
    }
    this.all.push(...opened);
    return opened;
  }

  async #openOne(index: number): Promise<LiveSession> {
    const { session, recording, epoch } = await this.#intake.openSession(nobody, sessionAt(index));
    if (recording === null) throw new Error('it was opened with a recording');
    return { sessionId: session.sessionId, recordingId: recording.recordingId, epoch, nextEvent: 0 };
  }

  /** The session was cut, as it was asked for. */
  async confirmKill(sessionId: SessionId): Promise<void> {
    await this.#intake.confirmKill(nobody, sessionId);
  }

  /** Resolves when these events are on disk. @param events how many they are @throws when they were refused */
  async append(session: LiveSession, msgpack: Uint8Array, events: number): Promise<void> {
    const { recordingId, epoch, nextEvent } = session;
    const path = `/recordings/${recordingId}/events/${nextEvent}?epoch=${epoch}`;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const headers = {
      'x-access-token': this.token,
      'content-type': 'application/msgpack',
      'content-length': msgpack.length,
    };
    const sent = request(this.#url + path, { agent: this.#agent, method: 'PUT', headers }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`a batch was answered with ${response.statusCode}`));
      });
    });
    sent.once('error', reject);
    sent.end(msgpack);
    await promise;
    session.nextEvent += events;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** The server knows by the token who feeds. */
const nobody = { producer: '', actor: '' };
