import { sql } from 'kysely';
import type { AuditVerdict } from '../../model/audit.ts';
import { chainBegin, hashEntry, pseudonymOf } from './audit-chain.ts';
import { build, type Statements } from './statements.ts';
import type { AuditEntriesTable, AuditPseudonymsTable } from './tables.ts';

/** Entries that are read between two turns of the event loop: some 15 ms of work. */
const PIECE_ENTRIES = 1000;

export type KnownHead = { readonly position: number; readonly hash: Uint8Array };

/** An entry, and what its pseudonyms stand for; `name` and `origin` null when they stand for nothing any more. */
type Row = { readonly entry: AuditEntriesTable; readonly name: Pseudonym | null; readonly origin: Pseudonym | null };
type Pseudonym = Omit<AuditPseudonymsTable, 'pseudonym'>;

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
  const lost = new LostNames();
  while (head.position < end.position) {
    signal.throwIfAborted();
    const rows = readPiece(statements, head.position, end.position);
    for (const row of rows) {
      const wrong = wrongWith(head, row) ?? wrongHead(known, row.entry);
      if (wrong !== null) return failed(head, head.position + 1, wrong);
      lost.see(row);
      head = { position: row.entry.position, hash: row.entry.hash };
    }
    if (rows.length === 0) return failed(head, head.position + 1, 'is not there');
    onProgress(head.position, end.position);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const wrong = atEnd(head, end, known) ?? lost.wrong(statements);
  return wrong === null ? held(head) : failed(head, ...wrong);
};

const held = (head: Head): AuditVerdict => ({
  ok: true,
  entryCount: head.position,
  badPosition: null,
  headPosition: head.position,
  headHash: new Uint8Array(head.hash),
  message: `all ${head.position} entries hold`,
});

const failed = (head: Head, badPosition: number, wrong: string): AuditVerdict => ({
  ok: false,
  entryCount: head.position,
  badPosition,
  headPosition: head.position,
  headHash: new Uint8Array(head.hash),
  message: `entry ${badPosition} ${wrong}`,
});

/** Where and what. */
type Wrong = readonly [badPosition: number, wrong: string];

/** What was cut off leaves nothing to find but that it once was there. */
const atEnd = (head: Head, { lastPosition }: End, known: KnownHead | null): Wrong | null => {
  const expected = Math.max(lastPosition, known?.position ?? 0);
  if (expected > head.position) {
    return [head.position + 1, `is not there, nor any after it: there were ${expected}`];
  }
  return known?.position === 0 && !head0Holds(known, head) ? [1, 'does not follow the given head'] : null;
};

/** Pseudonyms that stand for nobody any more: an entry after them must say that somebody was forgotten. */
class LostNames {
  readonly #firstPositions = new Map<string, number>();

  see({ entry, name }: Row): void {
    if (name === null && !this.#firstPositions.has(entry.actor)) this.#firstPositions.set(entry.actor, entry.position);
    if (entry.action === 'person.forgotten') this.#firstPositions.delete(entry.target ?? '');
  }

  /** Who was forgotten while the log was read stands beyond where it was read to. */
  wrong(statements: Statements): Wrong | null {
    for (const [pseudonym, position] of this.#firstPositions) {
      const forgotten = build.selectFrom('audit_entries').select('position').where('target', '=', pseudonym);
      if (statements.get(forgotten.where('action', '=', 'person.forgotten').where('position', '>', position).limit(1)))
        continue;
      return [position, 'has lost its name, and nobody forgot it'];
    }
    return null;
  }
}

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

/** NOTE one statement a piece: somebody may be forgotten between two. */
const readPiece = (statements: Statements, after: number, upTo: number): readonly Row[] => {
  const rows = statements.all(
    build
      .selectFrom('audit_entries')
      .leftJoin('audit_pseudonyms as names', 'names.pseudonym', 'audit_entries.actor')
      .leftJoin('audit_pseudonyms as origins', 'origins.pseudonym', 'audit_entries.origin')
      .selectAll('audit_entries')
      .select([
        'names.kind as name_kind',
        'names.salt as name_salt',
        'names.person as name_person',
        'names.text as name_text',
        'origins.kind as origin_kind',
        'origins.salt as origin_salt',
        'origins.person as origin_person',
        'origins.text as origin_text',
      ])
      .where('position', '>', after)
      .where('position', '<=', upTo)
      .orderBy('position')
      .limit(PIECE_ENTRIES),
  );
  return rows.map((row) => ({
    entry: row,
    name: pseudonymIn(row.name_kind, row.name_salt, row.name_person, row.name_text),
    origin: pseudonymIn(row.origin_kind, row.origin_salt, row.origin_person, row.origin_text),
  }));
};

type Nullable<Fields> = { readonly [Name in keyof Fields]: Fields[Name] | null };

/** Null when there is no such row. */
const pseudonymIn = (
  kind: Nullable<Pseudonym>['kind'],
  salt: Nullable<Pseudonym>['salt'],
  person: Nullable<Pseudonym>['person'],
  text: Nullable<Pseudonym>['text'],
): Pseudonym | null =>
  kind === null || salt === null || person === null || text === null ? null : { kind, salt, person, text };

/** What is wrong with the entry that should follow this head, for people; null when nothing is. */
const wrongWith = (head: Head, { entry, name, origin }: Row): string | null => {
  if (entry.position !== head.position + 1) return 'is not there';
  if (!entry.hash.equals(hashEntry(head.hash, entry))) {
    return 'does not hold: it, or what was before it, is not what was written';
  }
  if (name === null) return null;
  if (name.kind !== 'name' || name.person !== entry.actor || pseudonymOf(name) !== entry.actor) {
    return 'has another name than was written';
  }
  if (entry.origin === null) return null;
  if (origin === null) return 'has lost where it came from';
  const isOwn = origin.kind === 'origin' && origin.person === entry.actor;
  return isOwn && pseudonymOf(origin) === entry.origin ? null : 'came from elsewhere when it was written';
};

const wrongHead = (known: KnownHead | null, entry: AuditEntriesTable): string | null =>
  known?.position === entry.position && !entry.hash.equals(known.hash) ? 'is not the one of the given head' : null;
