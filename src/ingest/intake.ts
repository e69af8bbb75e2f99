import type { RecordingId, SessionId, SocketId } from '../model/ids.ts';
import type {
  AppendedEvents,
  AppendEvents,
  CloseSession,
  Intake,
  OpenRecording,
  OpenSession,
  Producer,
} from '../model/intake.ts';
import { Unavailable } from '../model/errors.ts';
import { PENDING_BYTES_MAX } from '../model/limits.ts';
import type { Session, SessionProtocol } from '../model/session.ts';
import { scanBatch } from '../format/batch.ts';
import type { CatalogWriter, NewRecording, OpenedRecordingRow, OpenedSessionRow } from '../store/catalog/catalog.ts';
import type { Recordings } from '../store/recordings/recordings.ts';
import { checkEnd, checkOpenRecording, checkOpenSession, checkText } from './check-session.ts';

/** Ids that this room cannot make by itself. */
export type Ids = {
  /** A new UUID, ascending. */
  next(): string;
  /** The same UUID for the same kind and name, always. */
  derive(kind: 'socket' | 'first-recording', name: string): string;
};

export type LocalIntakeParts = {
  readonly writer: CatalogWriter;
  readonly recordings: Recordings;
  readonly clock: () => number;
  readonly ids: Ids;
  /** Why no new recordings can be taken now; null when they can. */
  readonly unavailable: () => string | null;
  /** Resolves when the recording's pending batches have been worked off, or could not be. */
  readonly relief: (recordingId: RecordingId) => Promise<void>;
};

/** Seconds after which a producer may try again when the disk is below its reserve. */
const RETRY_AFTER_SECONDS = 30;

const upstreams: Readonly<Record<SessionProtocol, string>> = {
  SSH: 'ssh',
  KUBERNETES: 'kubernetes',
  DATABASE: 'database',
  HTTP: 'http',
  TCP: 'tcp',
};

/** The door in, in this process: checks, fills in what is absent, commits, acknowledges. */
export class LocalIntake implements Intake {
  readonly #parts: LocalIntakeParts;

  constructor(parts: LocalIntakeParts) {
    this.#parts = parts;
  }

  async openSession(producer: Producer, input: OpenSession): Promise<OpenedSessionRow> {
    const { writer, clock, ids } = this.#parts;
    const nowMs = clock();
    checkOpenSession(input, nowMs);
    if (input.denyReason === null) this.#mustBeAvailable();
    const sessionId = input.sessionId ?? (ids.next() as SessionId);
    const startedAtMs = input.startedAtMs ?? nowMs;
    return writer.openSession({
      producer: producer.producer,
      actor: producer.actor,
      session: { ...input, sessionId, startedAtMs },
      socketId: input.socket.socketId ?? (ids.derive('socket', input.socket.name) as SocketId),
      identity: input.user.identity ?? input.user.email ?? '',
      upstream: input.upstream?.toLowerCase() ?? upstreams[input.protocol],
      // A retry that names no recording means the same one.
      recording:
        input.recording === null
          ? null
          : this.#place(input.recording, ids.derive('first-recording', sessionId) as RecordingId, startedAtMs),
      atMs: nowMs,
    });
  }

  async openRecording(
    producer: Producer,
    input: { readonly sessionId: SessionId; readonly epoch: number } & OpenRecording,
  ): Promise<OpenedRecordingRow> {
    const { writer, clock, ids } = this.#parts;
    checkOpenRecording(input);
    this.#mustBeAvailable();
    const nowMs = clock();
    return writer.openRecording({
      ...this.#place(input, ids.next() as RecordingId, nowMs),
      producer: producer.producer,
      sessionId: input.sessionId,
      epoch: input.epoch,
      atMs: nowMs,
    });
  }

  #place(recording: OpenRecording, absentId: RecordingId, startedAtMs: number): NewRecording {
    const recordingId = recording.recordingId ?? absentId;
    const { kind, columns, rows } = recording;
    return { recordingId, kind, columns, rows, locator: this.#parts.recordings.locate(recordingId, startedAtMs) };
  }

  #mustBeAvailable(): void {
    const reason = this.#parts.unavailable();
    if (reason !== null) throw new Unavailable(reason, RETRY_AFTER_SECONDS);
  }

  async appendEvents(producer: Producer, input: AppendEvents): Promise<AppendedEvents> {
    const { eventCount, firstMs, lastMs, offsets, times } = scanBatch(input.msgpack);
    const { sessionId, nextEvent, pendingBytes, kill } = await this.#parts.writer.appendBatch({
      producer: producer.producer,
      recordingId: input.recordingId,
      epoch: input.epoch,
      batch: { firstEvent: input.firstEvent, eventCount, firstMs, lastMs, msgpack: input.msgpack },
      offsets,
      times,
      atMs: this.#parts.clock(),
    });
    // A producer that is faster than the disk is slowed down here.
    if (pendingBytes > PENDING_BYTES_MAX) await this.#parts.relief(input.recordingId);
    return { nextEvent, kill: kill === null ? null : { sessionId, ...kill } };
  }

  async confirmKill(producer: Producer, sessionId: SessionId): Promise<Session> {
    return this.#parts.writer.confirmKill({ sessionId, producer: producer.producer, atMs: this.#parts.clock() });
  }

  async closeSession(producer: Producer, input: CloseSession): Promise<Session> {
    const atMs = this.#parts.clock();
    checkText(input.reason, 'reason');
    checkEnd(input.endedAtMs, atMs);
    return this.#parts.writer.closeSession({ ...input, producer: producer.producer, atMs });
  }
}
