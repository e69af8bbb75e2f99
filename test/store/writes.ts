import { randomBytes, randomUUID } from 'node:crypto';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import type { AuditActor, NewAuditEntry } from '../../src/model/audit.ts';
import type { RecordingId, SessionId, SocketId } from '../../src/model/ids.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import type { CreateTokenWrite } from '../../src/store/catalog/access-records.ts';
import type { CloseChunkWrite, SealRecordingWrite } from '../../src/store/catalog/catalog.ts';
import type { ChunkRow } from '../../src/store/catalog/chunk-row.ts';
import type { AppendBatchWrite, NewRecording, OpenSessionWrite } from '../../src/store/catalog/feeding-records.ts';
import { aSession, newRecordingId, newSessionId, producer } from './feeding.ts';
import { testStartMs } from './opened-folder.ts';

/* Writes as the ingest room would make them, for tests that speak to the catalog alone. */

export const aRecording = (change: Partial<NewRecording> = {}): NewRecording => {
  const recordingId = change.recordingId ?? newRecordingId();
  return {
    recordingId,
    kind: 'TERMINAL',
    columns: 80,
    rows: 24,
    locator: `2026/04/05/${recordingId}.rec.zst`,
    ...change,
  };
};

type SessionChange = Partial<Omit<OpenSessionWrite, 'session'>> & {
  readonly session?: Partial<OpenSessionWrite['session']>;
};

/** A session with a recording of its own, started at testStartMs. */
export const openSessionWrite = (change: SessionChange = {}): OpenSessionWrite => {
  const { recording: _recording, ...session } = aSession();
  return {
    ...producer,
    socketId: 'aaaaaaaa-0000-4000-8000-000000000001' as SocketId,
    identity: 'ann@example.com',
    upstream: 'ssh',
    location: null,
    recording: aRecording(),
    atMs: testStartMs,
    ...change,
    session: { ...session, sessionId: newSessionId(), startedAtMs: testStartMs, ...change.session },
  };
};

export const appendWrite = (
  recordingId: RecordingId,
  firstEvent: number,
  events: readonly RecordedEvent[] | Uint8Array,
  change: Partial<AppendBatchWrite> = {},
): AppendBatchWrite => {
  const msgpack = events instanceof Uint8Array ? events : encodeBatch(events);
  return { ...producer, recordingId, epoch: 1, firstEvent, msgpack, atMs: testStartMs, ...change };
};

export const chunkRow = (change: Partial<ChunkRow> = {}): ChunkRow => ({
  firstEvent: 0,
  eventCount: 1,
  firstMs: 0,
  lastMs: 0,
  rawSize: 100,
  storedSize: 60,
  locator: 'a.rec.zst:348',
  frameHash: new Uint8Array(32).fill(1),
  chainHash: new Uint8Array(32).fill(2),
  ...change,
});

export const closeChunkWrite = (
  recordingId: RecordingId,
  change: Partial<ChunkRow> = {},
  indexedSize = 400,
): CloseChunkWrite => ({
  recordingId,
  chunk: chunkRow(change),
  indexedSize,
});

export const sealWrite = (recordingId: RecordingId, change: Partial<SealRecordingWrite> = {}): SealRecordingWrite => ({
  recordingId,
  state: 'COMPLETE',
  stateReason: null,
  indexedSize: 500,
  headHash: new Uint8Array(32).fill(2),
  signature: new Uint8Array(64).fill(3),
  keyId: '0123456789abcdef',
  atMs: testStartMs,
  ...change,
});

export const closeSessionWrite = (sessionId: SessionId, epoch: number | null = 1) => ({
  sessionId,
  producer: producer.producer,
  epoch,
  endedAtMs: testStartMs + 60_000,
  reason: null,
  atMs: testStartMs + 60_000,
});

export const killWrite = (sessionId: SessionId, requestedBy = 'auditor', reason: string | null = 'because') => ({
  visibility: { scope: 'all' } as const,
  sessionId,
  requestedBy,
  reason,
  atMs: testStartMs + 1000,
  audit: auditEntry({
    actor: { ...anActor, name: requestedBy },
    action: 'session.killed',
    target: `session ${sessionId}`,
  }),
});

export const anActor: AuditActor = {
  name: 'an auditor',
  credential: 'token 0123456789ab',
  ip: '192.0.2.7',
  client: 'a browser',
  requestId: 'request 1',
};

export const auditEntry = (change: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  atMs: testStartMs,
  actor: anActor,
  action: 'searched',
  target: null,
  details: null,
  ...change,
});

/** A token with an id, a name and a secret that no other has. */
export const tokenWrite = (change: Partial<CreateTokenWrite> = {}): CreateTokenWrite => {
  const tokenId = randomBytes(6).toString('hex');
  return {
    tokenId,
    name: `token ${tokenId}`,
    role: 'AUDITOR',
    producer: null,
    createdAtMs: testStartMs,
    expiresAtMs: null,
    sha256: randomBytes(32),
    audit: auditEntry({ action: 'token.created', target: `token ${tokenId}` }),
    ...change,
  };
};

export const noteWrite = (sessionId: SessionId, eventId: string = randomUUID()) => ({
  eventId,
  sessionId,
  producer: null,
  atMs: testStartMs,
  kind: 'NOTE' as const,
  message: 'noted',
  actor: null,
  recordingId: null,
  timeMs: null,
  details: null,
});
