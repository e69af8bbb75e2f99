import { sql } from 'kysely';
import type { AuditVerdict } from '../../model/audit.ts';
import { chainBegin, type ChainedEntry, hashEntry, pseudonymOf } from './audit-chain.ts';
import { build, type Statements } from './statements.ts';
import type { AuditEntriesTable, AuditPseudonymsTable } from './tables.ts';

/** Entries that are read between two turns of the event loop: a few milliseconds of work. */
const PIECE_ENTRIES = 1000;

export type KnownHead = { readonly position: number; readonly hash: Uint8Array };

/** An entry, and what its pseudonyms stand for; `name` and `origin` null when they stand for nothing any more. */
type Row = { readonly entry: AuditEntriesTable; readonly name: Pseudonym | null; readonly origin: Pseudonym | null };
type Pseudonym = AuditPseudonymsTable;

/** How far the chain was followed. */
type Head = { readonly position: number; readonly hash: Buffer };

/** Reads the whole chain as it is when this begins, a piece at a time, and recomputes it. */
export const verifyAudit = async (
  statements: Statements,
  known: KnownHead | null,
  onProgress: (readCount: number, entryCount: number) => void,
  signal: AbortSignal,
): Promise<AuditVerdict> => {
  const end = readEnd(statements);
  let head: Head = { position: 0, hash: chainBegin(end.chain) };
  while (head.position < end.position) {
    signal.throwIfAborted();
    const rows = readPiece(statements, head.position, end.position);
    for (const row of rows) {
      const wrong = wrongWith(statements, head, row) ?? wrongHead(known, row.entry);
      if (wrong !== null) return failed(head, head.position + 1, wrong);
      head = { position: row.entry.position, hash: row.entry.hash };
    }
    if (rows.length === 0) return failed(head, head.position + 1, 'is not there');
    onProgress(head.position, end.position);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return atEnd(head, end, known);
};

const failed = (head: Head, badPosition: number, wrong: string): AuditVerdict => ({
  ok: false,
  entryCount: head.position,
  badPosition,
  headPosition: head.position,
  headHash: new Uint8Array(head.hash),
  message: `entry ${badPosition} ${wrong}`,
});

/** What was cut off leaves nothing to find but that it once was there. */
const atEnd = (head: Head, { lastPosition }: End, known: KnownHead | null): AuditVerdict => {
  const expected = Math.max(lastPosition, known?.position ?? 0);
  if (expected > head.position) {
    return failed(head, head.position + 1, `is not there, nor any after it: there were ${expected}`);
  }
  if (known?.position === 0 && !head0Holds(known, head)) return failed(head, 1, 'does not follow the given head');
  return {
    ok: true,
    entryCount: head.position,
    badPosition: null,
    headPosition: head.position,
    headHash: new Uint8Array(head.hash),
    message: `all ${head.position} entries hold`,
  };
};

/** The head of an empty log is known only to be empty: its hash names the log. */
const head0Holds = (known: KnownHead, head: Head): boolean =>
  head.position > 0 || Buffer.compare(known.hash, head.hash) === 0;

type End = {
  readonly chain: string;
  readonly position: number;
  /** The highest position that was ever given. */
  readonly lastPosition: number;
};

/** One statement, and so one moment. */
const readEnd = (statements: Statements): End => {
  const row = statements.get(
    build.selectNoFrom([
      sql<number | null>`(SELECT max(position) FROM audit_entries)`.as('position'),
      sql<number | null>`(SELECT seq FROM sqlite_sequence WHERE name = 'audit_entries')`.as('last_position'),
      sql<
        string | null
      >`coalesce((SELECT chain FROM audit_entries ORDER BY position LIMIT 1), (SELECT log_id FROM log))`.as('chain'),
    ]),
  );
  return { chain: row?.chain ?? '', position: row?.position ?? 0, lastPosition: row?.last_position ?? 0 };
};

const readPiece = (statements: Statements, after: number, upTo: number): readonly Row[] => {
  const entries = statements.all(
    build
      .selectFrom('audit_entries')
      .selectAll()
      .where('position', '>', after)
      .where('position', '<=', upTo)
      .orderBy('position')
      .limit(PIECE_ENTRIES),
  );
  return entries.map((entry) => ({
    entry,
    name: readPseudonym(statements, entry.actor),
    origin: entry.origin === null ? null : readPseudonym(statements, entry.origin),
  }));
};

const readPseudonym = (statements: Statements, pseudonym: string): Pseudonym | null =>
  statements.get(build.selectFrom('audit_pseudonyms').selectAll().where('pseudonym', '=', pseudonym)) ?? null;

/** What is wrong with the entry that should follow this head, for people; null when nothing is. */
const wrongWith = (statements: Statements, head: Head, { entry, name, origin }: Row): string | null => {
  if (entry.position !== head.position + 1) return 'is not there';
  const { hash, ...chained } = entry;
  if (!hash.equals(hashEntry(head.hash, chained satisfies ChainedEntry))) {
    return 'does not hold: it, or what was before it, is not what was written';
  }
  if (name === null) return wasForgotten(statements, entry.actor) ? null : 'has lost its name, and nobody forgot it';
  if (name.kind !== 'name' || name.person !== entry.actor || pseudonymOf(name) !== entry.actor) {
    return 'has another name than was written';
  }
  if (entry.origin === null) return null;
  if (origin === null) return 'has lost where it came from';
  const isOwn = origin.kind === 'origin' && origin.person === entry.actor;
  return isOwn && pseudonymOf(origin) === entry.origin ? null : 'came from elsewhere when it was written';
};

/** NOTE a name goes only together with an entry that says so. */
const wasForgotten = (statements: Statements, pseudonym: string): boolean =>
  statements.get(
    build
      .selectFrom('audit_entries')
      .select('position')
      .where('target', '=', pseudonym)
      .where('action', '=', 'person.forgotten')
      .limit(1),
  ) !== undefined;

const wrongHead = (known: KnownHead | null, entry: AuditEntriesTable): string | null =>
  known?.position === entry.position && !entry.hash.equals(known.hash) ? 'is not the one of the given head' : null;
