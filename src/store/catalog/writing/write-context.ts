import type Database from 'better-sqlite3';
import type { RecordingId, SessionId } from '../../../model/ids.ts';
import { worstRecordingState, type RecordingState } from '../../../model/recording.ts';
import type { SessionEvent } from '../../../model/session-event.ts';
import type { Session } from '../../../model/session.ts';
import { NotFound } from '../../../model/errors.ts';
import type { CommitAnnouncement } from '../catalog.ts';
import { selectRecordings } from '../read-recording-row.ts';
import { type RecordingRow, sessionOf, type SessionRow } from '../session-row.ts';

/** A session event by the row of its session. */
export type NewSessionEvent = Omit<SessionEvent, 'sessionId' | 'position'> & { readonly sessionPosition: number };

/** What a write needs and cannot make by itself. */
export type WriteSources = {
  /** A new UUID, ascending. */
  readonly newId: () => string;
  /** SALT_BYTES random bytes. */
  readonly salt: () => Buffer;
  /** A LOST session may be resumed for this long. */
  readonly resumeWindowMs: number;
};

/**
 * What every write does within a commit: look rows up, move a session's revision, tell its story, note what to announce.
 * Lives as long as the connection; `begin` starts each commit afresh.
 */
export class WriteContext {
  readonly database: Database.Database;
  readonly #sources: WriteSources;
  readonly #statements = new Map<string, Database.Statement<unknown[]>>();
  #announcements: CommitAnnouncement[] = [];
  #wipes = false;
  readonly #newSessions = new Set<number>();

  constructor(database: Database.Database, sources: WriteSources) {
    this.database = database;
    this.#sources = sources;
  }

  newId(): string {
    return this.#sources.newId();
  }

  salt(): Buffer {
    return this.#sources.salt();
  }

  get resumeWindowMs(): number {
    return this.#sources.resumeWindowMs;
  }

  /** What this write deletes must not stay in the journal either. */
  wipeAfterCommit(): void {
    this.#wipes = true;
  }

  /** Whether a write of the commit asked for that; then not any more. */
  takeWipe(): boolean {
    const wipes = this.#wipes;
    this.#wipes = false;
    return wipes;
  }

  /** A session was added in this commit, unless its write is undone: its words are to be added, too. */
  noteNewSession(position: number): void {
    this.#newSessions.add(position);
  }

  /** Positions of the sessions that were added; then none again. */
  takeNewSessions(): readonly number[] {
    const taken = [...this.#newSessions];
    this.#newSessions.clear();
    return taken;
  }

  /** What the commit's writes want announced; then empty again. */
  takeAnnouncements(): readonly CommitAnnouncement[] {
    const taken = this.#announcements;
    this.#announcements = [];
    return taken;
  }

  /** How many there are, to go back to when a write is undone. */
  get announcementCount(): number {
    return this.#announcements.length;
  }

  forgetAnnouncementsAfter(count: number): void {
    this.#announcements.length = count;
  }

  run(sql: string, ...parameters: readonly unknown[]): Database.RunResult {
    return this.#prepare(sql).run(...parameters);
  }

  get<Row>(sql: string, ...parameters: readonly unknown[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as Row | undefined;
  }

  all<Row>(sql: string, ...parameters: readonly unknown[]): Row[] {
    return this.#prepare(sql).all(...parameters) as Row[];
  }

  #prepare(sql: string): Database.Statement<unknown[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.database.prepare<unknown[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  sessionRow(sessionId: SessionId): SessionRow | undefined {
    return this.get('SELECT * FROM sessions WHERE session_id = ?', sessionId);
  }

  /** @throws NotFound when there is none, or it is another producer's */
  ownSession(sessionId: SessionId, producer: string): SessionRow {
    const row = this.sessionRow(sessionId);
    if (row === undefined || row.producer !== producer) throw new NotFound('no such session');
    return row;
  }

  session(position: number): Session {
    const row = this.get<SessionRow>('SELECT * FROM sessions WHERE position = ?', position);
    if (row === undefined) throw new Error(`session ${position} went away within a transaction`);
    return sessionOf(row, this.log());
  }

  recordingRow(recordingId: RecordingId): RecordingRow | undefined {
    return this.get(`${selectRecordings} WHERE recording_id = ?`, recordingId);
  }

  /** The recording that takes what is sent to this one: itself, or the newest that goes on with it. */
  newestOf(row: RecordingRow): RecordingRow {
    if (row.newest_key === null) return row;
    const newest = this.get<RecordingRow>(`${selectRecordings} WHERE recording_key = ?`, row.newest_key);
    if (newest === undefined) throw new Error('a recording that goes on went away');
    return newest;
  }

  /** The name of the log of changes. */
  log(): string {
    return this.get<{ log_id: string }>('SELECT log_id FROM log')?.log_id ?? '';
  }

  /** The next position of the log of changes. */
  nextRevision(): number {
    const row = this.get<{ position: number }>('UPDATE log SET position = position + 1 RETURNING position');
    if (row === undefined) throw new Error('the catalog has no log');
    return row.position;
  }

  /** The session changed materially: a new revision, announced with the commit. */
  touch(position: number): Session {
    const revision = this.nextRevision();
    this.run(
      `UPDATE sessions SET revision = ?,
         ended_revision = CASE WHEN ended_ms IS NOT NULL AND ended_revision = 0 THEN ? ELSE ended_revision END
       WHERE position = ?`,
      revision,
      revision,
      position,
    );
    const session = this.session(position);
    this.#announcements.push({ kind: 'session', sessionId: session.sessionId, revision: session.revision });
    return session;
  }

  announceRecording(
    row: Pick<RecordingRow, 'recording_id' | 'session_id' | 'pending_bytes'>,
    change: Extract<CommitAnnouncement, { kind: 'recording' }>['change'],
  ): void {
    this.#announcements.push({
      kind: 'recording',
      sessionId: row.session_id as SessionId,
      recordingId: row.recording_id as RecordingId,
      change,
      pendingBytes: row.pending_bytes,
    });
  }

  /** Kills were asked for that this producer must hear of: of these sessions. */
  announceKill(producer: string, sessionIds: readonly SessionId[]): void {
    this.#announcements.push({ kind: 'kill', producer, sessionIds });
  }

  /** A token or a sign-in ended. */
  announceCredentials(): void {
    this.#announcements.push({ kind: 'credentials' });
  }

  /** One line in the session's story, with an id of its own. */
  tell(event: Omit<NewSessionEvent, 'eventId' | 'recordingId' | 'timeMs' | 'details'>): void {
    this.addEvent({ ...event, eventId: this.newId(), recordingId: null, timeMs: null, details: null });
  }

  addEvent(event: NewSessionEvent): void {
    this.run(
      `INSERT INTO session_events (event_id, session_position, at_ms, kind, message, actor, recording_id, time_ms, details)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING`,
      event.eventId,
      event.sessionPosition,
      event.atMs,
      event.kind,
      event.message,
      event.actor,
      event.recordingId,
      event.timeMs,
      event.details === null ? null : JSON.stringify(event.details),
    );
  }

  /** The session shows the worst state of its recordings, and why. */
  summariseRecordings(position: number): void {
    const rows = this.all<{ state: RecordingState; state_reason: string | null }>(
      'SELECT state, state_reason FROM recordings WHERE session_position = ? ORDER BY recording_key',
      position,
    );
    const state = worstRecordingState(rows.map((row) => row.state));
    const reason = rows.find((row) => row.state === state)?.state_reason ?? null;
    this.run(
      `UPDATE sessions SET recording_state = ?, recording_count = ?, recording_state_reason =
         CASE WHEN ? > 0 THEN ? WHEN status = 'DENIED' THEN 'the attempt was refused'
         ELSE 'recording is not enabled for the socket' END
       WHERE position = ?`,
      state,
      rows.length,
      rows.length,
      reason,
      position,
    );
  }
}
