import type Database from 'better-sqlite3';
import { sql } from 'kysely';
import type { Visibility } from '../../model/access.ts';
import { RevisionUnknown } from '../../model/errors.ts';
import type { RecordingId, SessionId, SocketId } from '../../model/ids.ts';
import type { KillRequest } from '../../model/intake.ts';
import { SESSIONS_LOOKED_AT_ON_MAIN, STRETCHES_ON_MAIN_MAX } from '../../model/limits.ts';
import type { Page, PageRequest } from '../../model/page.ts';
import type { Recording } from '../../model/recording.ts';
import type { Revision } from '../../model/revision.ts';
import type { SessionEvent } from '../../model/session-event.ts';
import type { SessionFilter, SessionOrder } from '../../model/session-filter.ts';
import type { SessionParts } from '../../model/session-parts.ts';
import type { Session, SessionEventKind, SessionProtocol, Socket, User } from '../../model/session.ts';
import type { AuditEntry, AuditFilter, AuditVerdict } from '../../model/audit.ts';
import type { SignIn } from '../../model/sign-in.ts';
import type { Token } from '../../model/token.ts';
import { auditRows, matchingAudit, pseudonymOfName } from './audit-queries.ts';
import { auditEntryOf } from './audit-row.ts';
import type { KeptToken } from './access-records.ts';
import type {
  CatalogReader,
  Contents,
  ContentsPart,
  SessionChangeRow,
  SigningKey,
  UnsealedRecording,
} from './catalog.ts';
import { SqliteExportReader } from './export-reader-sqlite.ts';
import { standingSignIns, standingTokens, tokenOfId } from './credential-queries.ts';
import { readContents } from './read-contents.ts';
import { readRecordingRow } from './read-recording-row.ts';
import { byPosition, newestFirst, pageOf, recordingRows, sessionEventRows, visibleSessions } from './row-queries.ts';
import { foldCase } from './fold-case.ts';
import { foundPage } from './listing/found-page.ts';
import type { PageQuery } from './listing/page-reading.ts';
import { readSessionPage } from './listing/session-page.ts';
import { stretchCount } from './listing/stretch-count.ts';
import { ReadingTurns } from './reading-turns.ts';
import { sessionColumns } from './session-columns.ts';
import { changedSince, seenWithin } from './session-query.ts';
import {
  killRequestOf,
  type RecordingRow,
  recordingOf,
  sessionEventOf,
  sessionOf,
  type SessionRow,
  userOf,
} from './session-row.ts';
import type { Asker } from './survey-reader.ts';
import type { SurveyRunner } from './surveys/survey.ts';
import { SurveyingReader } from './surveying-reader.ts';
import { signInOf, tokenOf } from './token-row.ts';
import { type KnownHead, verifyAudit } from './verify-audit.ts';
import { build, Statements } from './statements.ts';

/** Asked before each page: compiled once. */
const newestPosition = build.selectFrom('log').select(['log_id', 'position']).compile();

/**
 * Reads the catalog on the calling thread: a page takes a fraction of a millisecond, and a worker would be slower. Whatever may
 * take longer is had done by another, and many short reads at once take turns with all else.
 */
export class SqliteReader extends SurveyingReader implements CatalogReader {
  readonly #statements: Statements;
  readonly #log: string;
  readonly exports: SqliteExportReader;
  readonly #turns: ReadingTurns;
  readonly #surveys: SurveyRunner;

  /** The caller owns the connection, and whoever does the long reads. */
  constructor(database: Database.Database, surveys: SurveyRunner, turns = new ReadingTurns()) {
    super(surveys);
    this.#surveys = surveys;
    this.#turns = turns;
    this.#statements = new Statements(database);
    this.#log = this.#statements.get(build.selectFrom('log').select('log_id'))?.log_id ?? '';
    this.exports = new SqliteExportReader(this.#statements, this.#log);
  }

  async session(visibility: Visibility, sessionId: SessionId): Promise<Session | null> {
    return this.#turns.run(() => this.#session(visibleSessions(visibility).where('session_id', '=', sessionId)));
  }

  async sessionOfRecording(visibility: Visibility, recordingId: RecordingId): Promise<Session | null> {
    const position = build.selectFrom('recordings').select('session_position').where('recording_id', '=', recordingId);
    return this.#session(visibleSessions(visibility).where('position', '=', position));
  }

  #session(query: ReturnType<typeof visibleSessions>): Session | null {
    const row = this.#statements.get(query);
    return row === undefined ? null : sessionOf(row, this.#log);
  }

  override async sessions(
    visibility: Visibility,
    filter: SessionFilter,
    order: SessionOrder,
    page: PageRequest,
    parts: SessionParts = null,
    asker?: Asker,
  ): Promise<Page<Session>> {
    const query = { visibility, filter, order, page, columns: sessionColumns(parts, order.field) };
    // NOTE where words are asked for, a look at a session may take ten times as long.
    if (filter.text === null && stretchCount(filter) <= STRETCHES_ON_MAIN_MAX) {
      const read = await this.#turns.run(() => this.#pageHere(query), asker);
      if (read.stoppedAt === null) return read;
    }
    // What a session's place in another order goes by may change before its row is read.
    if (order.field !== 'STARTED_AT') return super.sessions(visibility, filter, order, page, parts, asker);
    const found = await this.#surveys.run('sessionPositions', [visibility, filter, order, page], asker);
    return this.#turns.run(() => this.#shown(foundPage(this.#statements, query, found)), asker);
  }

  #pageHere(query: Omit<PageQuery, 'lookedAtMax' | 'stretchesMax'>): Page<Session> {
    const limits = { lookedAtMax: SESSIONS_LOOKED_AT_ON_MAIN, stretchesMax: STRETCHES_ON_MAIN_MAX };
    return this.#shown(readSessionPage(this.#statements, { ...query, ...limits }));
  }

  #shown(page: Page<SessionRow>): Page<Session> {
    return { ...page, items: page.items.map((row) => sessionOf(row, this.#log)) };
  }

  async revision(): Promise<Revision> {
    const row = this.#statements.getCompiled(newestPosition, []);
    return { log: row?.log_id ?? '', position: row?.position ?? 0 };
  }

  async user(visibility: Visibility, identity: string): Promise<User | null> {
    const key = foldCase(identity);
    const newest = this.#newest(visibleSessions(visibility).where('user_identity_key', '=', key));
    if (newest === null || visibility.scope === 'producer') return newest?.user ?? null;
    const row = this.#statements.get(build.selectFrom('users').selectAll().where('identity_key', '=', key));
    return row === undefined ? null : userOf(row);
  }

  async socket(visibility: Visibility, socketId: SocketId): Promise<Socket | null> {
    const newest = this.#newest(visibleSessions(visibility).where('socket_id', '=', socketId));
    if (newest === null || visibility.scope === 'producer') return newest?.socket ?? null;
    const row = this.#statements.get(build.selectFrom('sockets').selectAll().where('socket_id', '=', socketId));
    return row === undefined ? null : { socketId, name: row.name, protocol: row.protocol as SessionProtocol };
  }

  /** What other producers told of a user or a socket is not a producer's to read: it is told what its newest session has. */
  #newest(query: ReturnType<typeof visibleSessions>): Session | null {
    return this.#session(query.orderBy('position', 'desc').limit(1));
  }

  async sessionEvents(
    visibility: Visibility,
    sessionId: SessionId,
    kinds: readonly SessionEventKind[] | null,
    page: PageRequest,
  ): Promise<Page<SessionEvent>> {
    let query = sessionEventRows(visibility).where('sessions.session_id', '=', sessionId);
    if (kinds !== null) query = query.where('session_events.kind', 'in', kinds);
    const events = byPosition(query, 'session_events.position', page);
    return this.#turns.run(() => pageOf(this.#statements.all(events).map(sessionEventOf), page));
  }

  async sessionEvent(visibility: Visibility, eventId: string): Promise<SessionEvent | null> {
    const row = this.#statements.get(sessionEventRows(visibility).where('session_events.event_id', '=', eventId));
    return row === undefined ? null : sessionEventOf(row);
  }

  async recordings(visibility: Visibility, sessionId: SessionId, page: PageRequest): Promise<Page<Recording>> {
    const query = recordingRows(visibility).where('sessions.session_id', '=', sessionId);
    const rows = byPosition(query, 'recordings.recording_key', page);
    return this.#turns.run(() => pageOf(this.#statements.all(rows).map(recordingOf), page));
  }

  async recording(visibility: Visibility, recordingId: RecordingId): Promise<Recording | null> {
    const row = this.#recordingRow(visibility, recordingId);
    return row === undefined ? null : recordingOf(row);
  }

  async locator(visibility: Visibility, recordingId: RecordingId): Promise<string | null> {
    return this.#recordingRow(visibility, recordingId)?.locator ?? null;
  }

  #recordingRow(visibility: Visibility, recordingId: RecordingId): RecordingRow | undefined {
    return readRecordingRow(this.#statements, visibility, recordingId);
  }

  async contents(visibility: Visibility, recordingId: RecordingId, part: ContentsPart): Promise<Contents | null> {
    // One read transaction: a chunk that closes meanwhile is either seen as its batches or as itself.
    return this.#statements.ofOneMoment(() => {
      const row = this.#recordingRow(visibility, recordingId);
      return row === undefined ? null : readContents(this.#statements, row, part);
    });
  }

  async token(tokenId: string): Promise<KeptToken | null> {
    const row = this.#statements.getCompiled(tokenOfId, [tokenId]);
    return row === undefined ? null : { token: tokenOf(row), sha256: row.sha256 };
  }

  async tokens(page: PageRequest): Promise<Page<Token>> {
    const query = newestFirst(build.selectFrom('tokens').selectAll(), 'tokens.position', page);
    return pageOf(this.#statements.all(query).map(tokenOf), page);
  }

  async signIn(sha256: Uint8Array): Promise<SignIn | null> {
    const row = this.#statements.get(
      build.selectFrom('sign_ins').selectAll().where('sha256', '=', Buffer.from(sha256)),
    );
    return row === undefined ? null : signInOf(row);
  }

  async standing(credentials: readonly string[], nowMs: number): Promise<ReadonlySet<string>> {
    const idsOf = (kind: string): readonly string[] =>
      credentials.flatMap((credential) => (credential.startsWith(kind) ? [credential.slice(kind.length)] : []));
    const standing = new Set(credentials.filter((credential) => !/^(?:token|sign-in) /.test(credential)));
    for (const { token_id } of this.#statements.all(standingTokens(idsOf('token '), nowMs))) {
      standing.add(`token ${token_id}`);
    }
    for (const { sign_in_id } of this.#statements.all(standingSignIns(idsOf('sign-in '), nowMs))) {
      standing.add(`sign-in ${sign_in_id}`);
    }
    return standing;
  }

  async auditEntries(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>> {
    // NOTE looked up on its own: within the query, SQLite leaves the actor's index for a walk through the whole log.
    const person = filter.actor === null ? null : this.#statements.get(pseudonymOfName(filter.actor));
    if (person === undefined) return pageOf([], page);
    const query = newestFirst(matchingAudit(filter, person?.pseudonym ?? null), 'audit_entries.position', page);
    return pageOf(this.#statements.all(query).map(auditEntryOf), page);
  }

  async auditEntry(entryId: string): Promise<AuditEntry | null> {
    const row = this.#statements.get(auditRows().where('entry_id', '=', entryId));
    return row === undefined ? null : auditEntryOf(row);
  }

  async verifyAudit(
    known: KnownHead | null,
    onProgress: (readCount: number, entryCount: number) => void,
    signal: AbortSignal,
  ): Promise<AuditVerdict> {
    return verifyAudit(this.#statements, known, onProgress, signal);
  }

  async unsealedRecordings(after: RecordingId | null, limit: number): Promise<readonly UnsealedRecording[]> {
    const rows = this.#statements.all(
      recordingRows({ scope: 'all' })
        .where('recordings.signature', 'is', null)
        .where('recordings.recording_id', '>', after ?? ('' as RecordingId))
        .orderBy('recordings.recording_id')
        .limit(limit),
    );
    return rows.map((row) => this.#unsealed(row));
  }

  async unsealedRecording(recordingId: RecordingId): Promise<UnsealedRecording | null> {
    const row = this.#recordingRow({ scope: 'all' }, recordingId);
    return row === undefined || row.signature !== null ? null : this.#unsealed(row);
  }

  #unsealed(row: RecordingRow): UnsealedRecording {
    const session = this.#statements.get(
      build.selectFrom('sessions').selectAll().where('position', '=', row.session_position),
    ) as SessionRow;
    return {
      recording: recordingOf(row),
      session: sessionOf(session, this.#log),
      lostAtMs: session.lost_ms,
      isContinued: row.newest_key !== null,
      locator: row.locator,
      indexedSize: row.indexed_size,
      nextPendingEvent: row.next_pending_event,
      pendingBytes: row.pending_bytes,
      pendingSinceMs: row.pending_since_ms,
    };
  }

  async changedSessions(
    visibility: Visibility,
    filter: SessionFilter,
    after: Revision,
    limit: number,
  ): Promise<readonly SessionChangeRow[]> {
    const newest = await this.revision();
    if (after.log !== newest.log || after.position > newest.position) {
      throw new RevisionUnknown('the revision is of another log of changes than this one: begin anew');
    }
    const rows = this.#statements.all(changedSince(visibility, filter, after.position, limit));
    return rows.map((row) => ({
      session: sessionOf(row, this.#log),
      matches: row.lasting_holds === 1 && row.changing_holds === 1,
      mayHaveMatched: row.lasting_holds === 1,
      isNew: row.created_revision > after.position,
      hasEnded: row.ended_revision > after.position,
    }));
  }

  async seenSessions(
    visibility: Visibility,
    filter: SessionFilter,
    afterMs: number,
    untilMs: number,
    limit: number,
  ): Promise<readonly Session[]> {
    const found: Session[] = [];
    let place = { seenMs: afterMs, position: Number.MAX_SAFE_INTEGER };
    for (;;) {
      const seen = seenWithin(visibility, filter, place, untilMs, limit);
      const rows = await this.#turns.run(() => this.#statements.all(seen));
      for (const row of rows) {
        if (row.has_words === 1) found.push(sessionOf(row, this.#log));
        if (found.length === limit) return found;
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit) return found;
      place = { seenMs: last.last_seen_ms, position: last.position };
    }
  }

  async killRequests(producer: string): Promise<readonly KillRequest[]> {
    const query = build
      .selectFrom('sessions')
      .selectAll()
      .where('producer', '=', producer)
      .where(sql<boolean>`status = 'KILLING'`)
      .orderBy('kill_requested_ms');
    return this.#statements.all(query).flatMap((row) => killRequestOf(row) ?? []);
  }

  async runningSessions(producer: string): Promise<readonly Session[]> {
    // NOTE by itself SQLite may walk through all that the producer ever had.
    const query = sql<SessionRow>`SELECT * FROM sessions INDEXED BY sessions_running
      WHERE producer = ${producer} AND status IN ('ACTIVE', 'KILLING') ORDER BY position`;
    const rows = this.#statements.all({ compile: () => query.compile(build) });
    return rows.map((row) => sessionOf(row, this.#log));
  }

  async signingKey(): Promise<SigningKey> {
    const row = this.#statements.get(
      build.selectFrom('signing_keys').selectAll().orderBy('created_ms', 'desc').limit(1),
    );
    if (row === undefined) throw new Error('the data folder has no signing key: it was not made by this program');
    return { keyId: row.key_id, publicKey: row.public_key, privateKey: row.private_key };
  }
}
