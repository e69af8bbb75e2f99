import { type SelectQueryBuilder, sql } from 'kysely';
import type { Visibility } from '../../model/access.ts';
import { RevisionUnknown } from '../../model/errors.ts';
import { EXPORT_LOOKED_MAX } from '../../model/limits.ts';
import type { Recording } from '../../model/recording.ts';
import type { Revision } from '../../model/revision.ts';
import type { SessionFilter } from '../../model/session-filter.ts';
import type { Session } from '../../model/session.ts';
import type {
  ChangedPage,
  ChangedSession,
  ChangeSpan,
  ClosedChunk,
  ExportPlace,
  ExportReader,
  ToldEvent,
} from './export-reader.ts';
import { recordingRows, sessionEventRows } from './row-queries.ts';
import { changedSince } from './session-query.ts';
import { chunkOf, recordingOf, sessionEventOf, sessionOf, type SessionRow } from './session-row.ts';
import { build, type Statements } from './statements.ts';
import type { Tables } from './tables.ts';

/** Reads for exporters on the calling thread: each a page. */
export class SqliteExportReader implements ExportReader {
  readonly #statements: Statements;
  readonly #log: string;
  readonly #lookedMax: number;

  /** @param log the name of the log of changes @param lookedMax rows that are looked at for a producer's own */
  constructor(statements: Statements, log: string, lookedMax = EXPORT_LOOKED_MAX) {
    this.#statements = statements;
    this.#log = log;
    this.#lookedMax = lookedMax;
  }

  async changesEnd(visibility: Visibility, after: Revision, limit: number): Promise<Revision> {
    this.#mustBeOfThisLog(after);
    const changed = build
      .selectFrom('sessions')
      .select(['revision', 'producer'])
      .where('revision', '>', after.position)
      .orderBy('revision');
    return { log: this.#log, position: this.#endOf(changed, visibility, limit) ?? after.position };
  }

  /** Null when nothing visible changed, and all that changed was looked at. */
  #endOf(changed: ChangedRows, visibility: Visibility, limit: number): number | null {
    if (visibility.scope === 'all') return this.#lastOf(changed.limit(limit)).last;
    const looked = changed.limit(this.#lookedMax);
    const visible = build
      .selectFrom(looked.as('looked'))
      .select(['revision', 'producer'])
      .where('producer', '=', visibility.producer)
      .orderBy('revision')
      .limit(limit);
    const found = this.#lastOf(visible);
    if (found.count === limit) return found.last;
    const all = this.#lastOf(looked);
    return all.count === this.#lookedMax ? all.last : found.last;
  }

  #lastOf(rows: ChangedRows): { readonly last: number | null; readonly count: number } {
    const found = build
      .selectFrom(rows.as('found'))
      .select([sql<number | null>`max(revision)`.as('last'), sql<number>`count(*)`.as('count')]);
    return this.#statements.get(found) ?? { last: null, count: 0 };
  }

  async changedWithin(
    visibility: Visibility,
    filter: SessionFilter,
    { since, after, until }: ChangeSpan,
    limit: number,
  ): Promise<ChangedPage> {
    this.#mustBeOfThisLog(after);
    const query = changedSince(visibility, filter, after.position, limit).where('revision', '<=', until.position);
    const rows = this.#statements.all(query);
    const last = rows.at(-1);
    return {
      sessions: rows
        .filter(({ lasting_holds, changing_holds }) => lasting_holds === 1 && changing_holds === 1)
        .map((row) => ({ session: sessionOf(row, this.#log), change: changeSince(row, since) })),
      next: last === undefined || rows.length < limit ? null : { log: this.#log, position: last.revision },
    };
  }

  async eventsTold(visibility: Visibility, after: number, limit: number): Promise<readonly ToldEvent[]> {
    const rows = this.#statements.all(
      sessionEventRows(visibility)
        .where('session_events.position', '>', after)
        .orderBy('session_events.position')
        .limit(limit),
    );
    const sessions = this.#sessionsAt(rows.map((row) => row.session_position));
    return rows.flatMap((row) => {
      const session = sessions.get(row.session_position);
      return session === undefined ? [] : [{ session, event: sessionEventOf(row) }];
    });
  }

  async chunksClosed(visibility: Visibility, from: number, limit: number): Promise<readonly ClosedChunk[]> {
    const closed = this.#statements.all(closedFrom(visibility, from, limit));
    const sessions = this.#sessionsAt(closed.map(({ session_position }) => session_position));
    const recordings = this.#recordingsAt(closed.map(({ recording_key }) => recording_key));
    return closed.flatMap(({ position, session_position, ...chunk }) => {
      const session = sessions.get(session_position);
      const recording = recordings.get(chunk.recording_key);
      return session === undefined || recording === undefined
        ? []
        : [{ position, session, recording, chunk: chunkOf(chunk) }];
    });
  }

  async exportPlace(): Promise<ExportPlace> {
    // NOTE not the newest rows: those may be gone, and whoever has seen them is not ahead of this log.
    const given = (table: 'session_events' | 'closings') =>
      sql<number | null>`(SELECT seq FROM sqlite_sequence WHERE name = ${table})`;
    const row = this.#statements.get(
      build.selectNoFrom([given('session_events').as('event'), given('closings').as('closing')]),
    );
    return { log: this.#log, event: row?.event ?? 0, closing: row?.closing ?? 0 };
  }

  #sessionsAt(positions: readonly number[]): ReadonlyMap<number, Session> {
    const query = build.selectFrom('sessions').selectAll().where('position', 'in', inJson(positions));
    return new Map(this.#statements.all(query).map((row) => [row.position, sessionOf(row, this.#log)]));
  }

  #recordingsAt(keys: readonly number[]): ReadonlyMap<number, Recording> {
    const query = recordingRows({ scope: 'all' }).where('recordings.recording_key', 'in', inJson(keys));
    return new Map(this.#statements.all(query).map((row) => [row.recording_key, recordingOf(row)]));
  }

  #mustBeOfThisLog({ log, position }: Revision): void {
    const newest = this.#statements.get(build.selectFrom('log').select('position'))?.position ?? 0;
    if (log === this.#log && position <= newest) return;
    throw new RevisionUnknown('the place is of another log of changes than this one: begin anew');
  }
}

/** Sessions by their last change. */
type ChangedRows = SelectQueryBuilder<Tables, never, Pick<SessionRow, 'revision' | 'producer'>>;

/** One statement, whatever their number. */
const inJson = (numbers: readonly number[]) =>
  sql<number>`(SELECT value FROM json_each(${JSON.stringify([...new Set(numbers)])}))`;

const changeSince = (row: SessionRow, { position }: Revision): ChangedSession['change'] => {
  if (row.ended_revision > position) return 'ENDED';
  return row.created_revision > position ? 'STARTED' : 'UPDATED';
};

const closedFrom = (visibility: Visibility, from: number, limit: number) => {
  const query = build
    .selectFrom('closings')
    .innerJoin('chunks', (join) =>
      join
        .onRef('chunks.recording_key', '=', 'closings.recording_key')
        .onRef('chunks.first_event', '=', 'closings.first_event'),
    )
    .innerJoin('recordings', 'recordings.recording_key', 'closings.recording_key')
    .selectAll('chunks')
    .select(['closings.position', 'recordings.session_position'])
    .where('closings.position', '>=', from)
    .orderBy('closings.position')
    .limit(limit);
  if (visibility.scope === 'all') return query;
  return query
    .innerJoin('sessions', 'sessions.position', 'recordings.session_position')
    .where(sql<boolean>`+sessions.producer = ${visibility.producer}`);
};
