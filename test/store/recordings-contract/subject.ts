import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { encodeBatch } from '../../../src/format/batch-encoder.ts';
import { chunkOf } from '../../../src/format/chunk-of.ts';
import { scanBatch } from '../../../src/format/batch.ts';
import type { RecordingId, SessionId, SocketId } from '../../../src/model/ids.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import type { Recording } from '../../../src/model/recording.ts';
import type { Session } from '../../../src/model/session.ts';
import type { SigningKey, UnsealedRecording } from '../../../src/store/catalog/catalog.ts';
import type { ChunkRow } from '../../../src/store/catalog/chunk-row.ts';
import type {
  AppendedSeal,
  NewSeal,
  Recordings,
  Recovered,
  Verdict,
} from '../../../src/store/recordings/recordings.ts';
import { newRecordingId, newSessionId } from '../feeding.ts';
import { testStartMs } from '../opened-folder.ts';

/** An empty store of recordings, and a way around it to its bytes, as a failing disk has one. */
export type RecordingsStore = AsyncDisposable & {
  readonly recordings: Recordings;
  /** The object's bytes; null when there is none. */
  readonly peek: (locator: string) => Promise<Buffer | null>;
  /** Puts other bytes in the object's place; null takes it away. */
  readonly poke: (locator: string, bytes: Uint8Array | null) => Promise<void>;
  /** What is in quarantine, in the order of its names. */
  readonly quarantine: () => Promise<readonly Buffer[]>;
};

export type OpenRecordings = () => Promise<RecordingsStore>;

const keys = generateKeyPairSync('ed25519');

export const testKey: SigningKey = {
  keyId: '0011223344556677',
  publicKey: createPublicKey(keys.privateKey).export({ format: 'der', type: 'spki' }).subarray(-32),
  privateKey: keys.privateKey.export({ format: 'der', type: 'pkcs8' }),
};

const aSession = (sessionId: SessionId): Session => ({
  sessionId,
  position: 1,
  producer: 'tests',
  protocol: 'SSH',
  upstream: 'ssh',
  status: 'ACTIVE',
  user: { identity: 'ann', email: null, name: null, picture: null, sub: null, nickname: null, isServiceAccount: false },
  socket: { socketId: 'aaaaaaaa-0000-4000-8000-000000000001' as SocketId, name: 'bastion', protocol: 'SSH' },
  client: { ip: '192.0.2.7', port: 50_123, software: null, location: null },
  server: { name: 'bastion.example.com', port: 22 },
  sshUser: null,
  startedAtMs: testStartMs,
  lastSeenAtMs: testStartMs,
  endedAtMs: null,
  endReason: null,
  durationMs: 0,
  authInfo: null,
  denyReason: null,
  attemptCount: 1,
  kill: null,
  labels: null,
  recordingState: 'LIVE',
  recordingStateReason: null,
  recordingCount: 1,
  epoch: 1,
  revision: { log: 'a', position: 1 },
});

const aRecording = (recordingId: RecordingId, sessionId: SessionId): Recording => ({
  recordingId,
  sessionId,
  position: 1,
  continues: null,
  kind: 'TERMINAL',
  state: 'LIVE',
  stateReason: null,
  startedAtMs: testStartMs,
  durationMs: 0,
  eventCount: 0,
  chunkCount: 0,
  storedSize: 0,
  rawSize: 0,
  columns: 80,
  rows: 24,
  headHash: null,
  signature: null,
  keyId: null,
});

/** Keeps of one recording what the catalog would. */
export class Keeper {
  readonly recordings: Recordings;
  readonly locator: string;
  session: Session;
  recording: Recording;
  rows: ChunkRow[] = [];
  indexedSize = 0;

  constructor(recordings: Recordings) {
    const recordingId = newRecordingId();
    this.recordings = recordings;
    this.session = aSession(newSessionId());
    this.recording = aRecording(recordingId, this.session.sessionId);
    this.locator = recordings.locate(recordingId, testStartMs);
  }

  /** Another one that knows what this one knows now: a catalog that was restored. */
  copy(): Keeper {
    const { locator, session, recording, rows, indexedSize } = this;
    return Object.assign(new Keeper(this.recordings), { locator, session, recording, rows: [...rows], indexedSize });
  }

  /** All that it knows as text, for another process. */
  write(): string {
    const { locator, session, recording, rows, indexedSize } = this;
    return serialize({ locator, session, recording, rows, indexedSize }).toString('base64');
  }

  static read(recordings: Recordings, text: string): Keeper {
    return Object.assign(new Keeper(recordings), deserialize(Buffer.from(text, 'base64')));
  }

  get known(): UnsealedRecording {
    const { recording, session, locator, indexedSize } = this;
    const nextPendingEvent = recording.eventCount;
    const rest = { lostAtMs: null, isContinued: false, pendingBytes: 0, pendingSinceMs: null };
    return { recording, session, locator, indexedSize, nextPendingEvent, ...rest };
  }

  /** Appends a chunk of these events. */
  async append(events: readonly RecordedEvent[]): Promise<ChunkRow> {
    const msgpack = encodeBatch(events);
    const { eventCount, firstMs, lastMs } = scanBatch(msgpack);
    const chunk = chunkOf(
      [{ firstEvent: this.recording.eventCount, eventCount, firstMs, lastMs, msgpack }],
      eventCount,
    );
    const { row, indexedSize } = await this.recordings.append(this, chunk);
    this.adopt(row, indexedSize);
    return row;
  }

  adopt(row: ChunkRow, indexedSize: number): void {
    const { recording } = this;
    this.rows.push(row);
    this.indexedSize = indexedSize;
    this.recording = {
      ...recording,
      eventCount: recording.eventCount + row.eventCount,
      chunkCount: recording.chunkCount + 1,
      durationMs: row.lastMs,
      rawSize: recording.rawSize + row.rawSize,
      storedSize: indexedSize,
      headHash: row.chainHash,
    };
  }

  async seal(change: Partial<NewSeal> = {}): Promise<AppendedSeal> {
    const sealed = await this.recordings.seal(this, {
      key: testKey,
      state: 'COMPLETE',
      stateReason: null,
      sealedAtMs: testStartMs + 60_000,
      ...change,
    });
    const { state, stateReason, headHash, signature, indexedSize } = sealed;
    this.indexedSize = indexedSize;
    this.recording = {
      ...this.recording,
      state,
      stateReason,
      headHash,
      signature,
      storedSize: indexedSize,
      keyId: testKey.keyId,
    };
    return sealed;
  }

  async verify(): Promise<Verdict> {
    return this.recordings.verify(this.locator, each(this.rows), this.recording, testKey);
  }

  async recover(): Promise<Recovered> {
    return this.recordings.recover(this.known, testKey);
  }
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item, void, void> {
  yield* items;
}
