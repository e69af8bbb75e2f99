import { randomUUID } from 'node:crypto';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import type { OpenSession } from '../../src/model/intake.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import type { Session } from '../../src/model/session.ts';
import { producer, type Running } from './running.ts';

export const aSession = (change: Partial<OpenSession> = {}): OpenSession => ({
  sessionId: null,
  protocol: 'SSH',
  upstream: null,
  user: {
    identity: null,
    email: 'ann@example.com',
    name: 'Ann',
    picture: 'https://example.com/ann.png',
    sub: 'idp|1',
    nickname: 'ann',
    isServiceAccount: false,
  },
  socket: { socketId: null, name: 'db-bastion' },
  client: { ip: '192.0.2.7', port: 50123, software: 'OpenSSH_9.9' },
  server: { name: 'bastion.example.com', port: 22 },
  sshUser: 'root',
  authInfo: 'by key',
  labels: { team: 'a' },
  startedAtMs: null,
  denyReason: null,
  recording: { recordingId: null, kind: 'TERMINAL', columns: 80, rows: 24 },
  ...change,
});

const encoder = new TextEncoder();

export const output = (timeMs: number, data: string | Uint8Array): RecordedEvent => ({
  timeMs,
  code: 'o',
  payload: [typeof data === 'string' ? encoder.encode(data) : data],
});

/** A session that is open and is being fed. */
export type Fed = {
  readonly session: Session;
  readonly sessionId: SessionId;
  readonly recordingId: RecordingId;
  /** Appends a batch. */
  readonly append: (events: readonly RecordedEvent[]) => Promise<void>;
  /** Ends the session, and resolves once its recording is sealed. */
  readonly end: () => Promise<void>;
};

export const openFed = async (
  { installation }: Pick<Running, 'installation'>,
  change: Partial<OpenSession> = {},
): Promise<Fed> => {
  const { intake, closer } = installation;
  const opened = await intake.openSession(producer, aSession({ sessionId: randomUUID() as SessionId, ...change }));
  if (opened.recording === null) throw new Error('a fed session has a recording');
  const { recordingId } = opened.recording;
  const { sessionId } = opened.session;
  let nextEvent = opened.nextEvent ?? 0;
  return {
    session: opened.session,
    sessionId,
    recordingId,
    append: async (events) => {
      const batch = { recordingId, epoch: opened.epoch, firstEvent: nextEvent, msgpack: encodeBatch(events) };
      ({ nextEvent } = await intake.appendEvents(producer, batch));
    },
    end: async () => {
      await intake.closeSession(producer, { sessionId, epoch: opened.epoch, endedAtMs: null, reason: 'exit 0' });
      await closer.sweep();
      await closer.settled();
    },
  };
};
