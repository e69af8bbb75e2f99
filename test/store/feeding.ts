import { randomUUID } from 'node:crypto';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { decodeRun } from '../../src/format/run-events.ts';
import { seesAll } from '../../src/model/access.ts';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import type { LocalIntake } from '../../src/ingest/intake.ts';
import type { OpenRecording, OpenSession, Producer } from '../../src/model/intake.ts';
import { CHUNK_AGE_MAX_MS } from '../../src/model/limits.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import type { Run } from '../../src/model/run.ts';
import type { Session } from '../../src/model/session.ts';
import type { RecordingReader, RunsPart } from '../../src/store/recordings/recording-reader.ts';
import type { OpenedFolder } from './opened-folder.ts';

export const producer: Producer = { producer: 'tests', actor: 'a test' };

export const newSessionId = (): SessionId => randomUUID() as SessionId;
export const newRecordingId = (): RecordingId => randomUUID() as RecordingId;

export const terminal: OpenRecording = { recordingId: null, kind: 'TERMINAL', columns: 80, rows: 24 };

/** A session with a recording, as a producer would open it. */
export const aSession = (change: Partial<OpenSession> = {}): OpenSession => ({
  sessionId: newSessionId(),
  protocol: 'SSH',
  upstream: null,
  user: {
    identity: null,
    email: 'ann@example.com',
    name: 'Ann',
    picture: null,
    sub: null,
    nickname: null,
    isServiceAccount: false,
  },
  socket: { socketId: null, name: 'bastion' },
  client: { ip: '192.0.2.7', port: 50_123, software: null },
  server: { name: 'bastion.example.com', port: 22 },
  sshUser: 'root',
  authInfo: null,
  labels: null,
  startedAtMs: null,
  denyReason: null,
  recording: terminal,
  ...change,
});

const encoder = new TextEncoder();

/** Terminal output. */
export const output = (timeMs: number, data: string | Uint8Array): RecordedEvent => ({
  timeMs,
  code: 'o',
  payload: [typeof data === 'string' ? encoder.encode(data) : data],
});

/** Bytes that do not compress, the same for the same seed. */
export const noise = (length: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[at] = 32 + ((state >> 16) % 90);
  }
  return bytes;
};

/** A session that is open and is being fed, and the ledger of what was acknowledged. */
export type Feed = {
  readonly session: Session;
  readonly sessionId: SessionId;
  readonly recordingId: RecordingId;
  readonly epoch: number;
  /** Everything that was acknowledged. */
  readonly ledger: RecordedEvent[];
  readonly append: (...events: readonly RecordedEvent[]) => Promise<void>;
  /** Closes the session: the closer hears of it. */
  readonly close: (reason?: string | null) => Promise<Session>;
};

export const openFeed = async (
  { intake }: { readonly intake: LocalIntake },
  change: Partial<OpenSession> = {},
): Promise<Feed> => {
  const opened = await intake.openSession(producer, aSession(change));
  if (opened.recording === null) throw new Error('a feed has a recording');
  const { sessionId } = opened.session;
  const { recordingId } = opened.recording;
  const { epoch } = opened;
  const ledger: RecordedEvent[] = [];
  let nextEvent = opened.nextEvent ?? 0;
  return {
    session: opened.session,
    sessionId,
    recordingId,
    epoch,
    ledger,
    append: async (...events) => {
      const batch = { recordingId, epoch, firstEvent: nextEvent, msgpack: encodeBatch(events) };
      ({ nextEvent } = await intake.appendEvents(producer, batch));
      ledger.push(...events);
    },
    close: (reason = null) => intake.closeSession(producer, { sessionId, epoch, endedAtMs: null, reason }),
  };
};

/** Closes the feed's session, and resolves once its recording is sealed. */
export const seal = async ({ closer }: Pick<OpenedFolder, 'closer'>, feed: Feed): Promise<void> => {
  await feed.close();
  await closer.sweep();
  await closer.settled();
};

export const everything: RunsPart = { fromEvent: 0, fromMs: 0, toMs: null };

/** All runs of what is stored now. */
export const readRuns = async (
  reader: RecordingReader,
  recordingId: RecordingId,
  part: RunsPart = everything,
): Promise<Run[]> => {
  const runs: Run[] = [];
  for await (const run of reader.runs(seesAll, recordingId, part)) runs.push(run);
  return runs;
};

/** The events as plain values: bytes as hex, so that they compare by content whatever class they have. */
export const plain = (events: readonly RecordedEvent[]): readonly unknown[] =>
  events.map(({ timeMs, code, payload }) => [
    timeMs,
    code,
    ...payload.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)),
  ]);

/** All events of what is stored now. */
export const readEvents = async (reader: RecordingReader, recordingId: RecordingId): Promise<RecordedEvent[]> =>
  (await readRuns(reader, recordingId)).flatMap((run) => decodeRun(run.msgpack));

/** Lets time pass until all that is pending is due, and waits until it is in chunks. */
export const closeChunks = async ({ closer, clock }: Pick<OpenedFolder, 'closer' | 'clock'>): Promise<void> => {
  clock.nowMs += CHUNK_AGE_MAX_MS;
  await closer.sweep();
  await closer.settled();
};
