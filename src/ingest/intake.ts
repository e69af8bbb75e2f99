import type { RecordingId, SessionId, SocketId } from '../model/ids.ts';
import type {
  AppendedEvents,
  AppendEvents,
  CloseSession,
  Heartbeat,
  Intake,
  KillRequest,
  OpenRecording,
  OpenSession,
  Producer,
  RecordSessionEvent,
} from '../model/intake.ts';
import { InvalidInput, Unavailable } from '../model/errors.ts';
import { HEARTBEAT_SESSIONS_MAX, PENDING_BYTES_MAX } from '../model/limits.ts';
import type { SessionEvent } from '../model/session-event.ts';
import type { Location, Session, SessionKill, SessionProtocol } from '../model/session.ts';
import type { CatalogWriter } from '../store/catalog/catalog.ts';
import type {
  AppendedBatch,
  NewRecording,
  OpenedRecordingRow,
  OpenedSessionRow,
} from '../store/catalog/feeding-records.ts';
import type { Recordings } from '../store/recordings/recordings.ts';
import {
  checkBatchSize,
  checkEnd,
  checkOpenRecording,
  checkOpenSession,
  checkSessionEvent,
  checkText,
} from './check-session.ts';

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
  readonly contacts: Contacts;
  /** Where on earth an address is; null when nobody knows. Never throws. */
  readonly locate: (ip: string) => Location | null;
};

/** Told of every call of a producer: what keeps the leases of its sessions. */
export type Contacts = {
  /** A call came in. Until its contact is disposed it waits for the disk, and time stands still for all leases. */
  begin(): Contact;
};

export type Contact = Disposable & {
  /** The call was about this session, and was taken. */
  with(sessionId: SessionId): void;
  /** With the call the session ended. */
  over(sessionId: SessionId): void;
};

/** For whoever keeps no leases. */
export const noContacts: Contacts = {
  begin: () => ({ with: () => {}, over: () => {}, [Symbol.dispose]: () => {} }),
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
    const { writer, clock, ids, contacts, locate } = this.#parts;
    const nowMs = clock();
    checkOpenSession(input, nowMs);
    if (input.denyReason === null) this.#mustBeAvailable();
    const sessionId = input.sessionId ?? (ids.next() as SessionId);
    const startedAtMs = input.startedAtMs ?? nowMs;
    using contact = contacts.begin();
    const opened = await writer.openSession({
      producer: producer.producer,
      actor: producer.actor,
      session: { ...input, sessionId, startedAtMs },
      socketId: input.socket.socketId ?? (ids.derive('socket', input.socket.name) as SocketId),
      identity: input.user.identity ?? input.user.email ?? '',
      upstream: input.upstream?.toLowerCase() ?? upstreams[input.protocol],
      location: locate(input.client.ip),
      // A retry that names no recording means the same one.
      recording:
        input.recording === null
          ? null
          : this.#place(input.recording, ids.derive('first-recording', sessionId) as RecordingId, startedAtMs),
      atMs: nowMs,
    });
    if (opened.session.status !== 'DENIED') contact.with(opened.session.sessionId);
    return opened;
  }

  async openRecording(
    producer: Producer,
    input: { readonly sessionId: SessionId; readonly epoch: number } & OpenRecording,
  ): Promise<OpenedRecordingRow> {
    const { writer, clock, ids, contacts } = this.#parts;
    checkOpenRecording(input);
    this.#mustBeAvailable();
    const nowMs = clock();
    using contact = contacts.begin();
    const opened = await writer.openRecording({
      ...this.#place(input, ids.next() as RecordingId, nowMs),
      producer: producer.producer,
      sessionId: input.sessionId,
      epoch: input.epoch,
      atMs: nowMs,
    });
    contact.with(input.sessionId);
    return opened;
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
    checkBatchSize(input.msgpack);
    const { sessionId, recordingId, nextEvent, pendingBytes, kill } = await this.#append(producer, input);
    // A producer that is faster than the disk is slowed down here.
    if (pendingBytes > PENDING_BYTES_MAX) await this.#parts.relief(recordingId);
    return { nextEvent, kill: kill === null ? null : { sessionId, ...withoutConfirmation(kill) } };
  }

  async #append(producer: Producer, input: AppendEvents): Promise<AppendedBatch> {
    using contact = this.#parts.contacts.begin();
    const appended = await this.#parts.writer.appendBatch({ ...input, ...producer, atMs: this.#parts.clock() });
    contact.with(appended.sessionId);
    return appended;
  }

  async heartbeat(producer: Producer, sessionIds: readonly SessionId[]): Promise<Heartbeat> {
    if (sessionIds.length > HEARTBEAT_SESSIONS_MAX) {
      throw new InvalidInput(
        'sessionIds',
        `sessionIds must have at most ${HEARTBEAT_SESSIONS_MAX} ids, got ${sessionIds.length}`,
      );
    }
    using contact = this.#parts.contacts.begin();
    const answer = await this.#parts.writer.heartbeat({ ...producer, sessionIds, atMs: this.#parts.clock() });
    const unknown = new Set(answer.unknown);
    for (const sessionId of sessionIds) if (!unknown.has(sessionId)) contact.with(sessionId);
    return answer;
  }

  async recordSessionEvent(producer: Producer, input: RecordSessionEvent): Promise<SessionEvent> {
    const { writer, clock, ids, contacts } = this.#parts;
    const nowMs = clock();
    checkSessionEvent(input, nowMs);
    using contact = contacts.begin();
    const event = await writer.addSessionEvent({
      eventId: input.eventId?.toLowerCase() ?? ids.next(),
      sessionId: input.sessionId,
      producer: producer.producer,
      atMs: input.atMs ?? nowMs,
      kind: input.kind,
      message: input.message,
      actor: producer.actor,
      recordingId: null,
      timeMs: null,
      details: input.details,
    });
    contact.with(input.sessionId);
    return event;
  }

  async confirmKill(producer: Producer, sessionId: SessionId): Promise<Session> {
    using contact = this.#parts.contacts.begin();
    const atMs = this.#parts.clock();
    const session = await this.#parts.writer.confirmKill({ sessionId, producer: producer.producer, atMs });
    contact.over(sessionId);
    return session;
  }

  async closeSession(producer: Producer, input: CloseSession): Promise<Session> {
    const atMs = this.#parts.clock();
    checkText(input.reason, 'reason');
    checkEnd(input.endedAtMs, atMs);
    using contact = this.#parts.contacts.begin();
    const session = await this.#parts.writer.closeSession({ ...input, producer: producer.producer, atMs });
    contact.over(input.sessionId);
    return session;
  }
}

const withoutConfirmation = ({ requestedAtMs, requestedBy, reason }: SessionKill): Omit<KillRequest, 'sessionId'> => ({
  requestedAtMs,
  requestedBy,
  reason,
});
