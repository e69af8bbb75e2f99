import { type RawBuilder, sql } from 'kysely';
import type { Page, PageRequest } from '../../../model/page.ts';
import type { SessionProtocol, Socket, User } from '../../../model/session.ts';
import type { SocketId } from '../../../model/ids.ts';
import { foldCase } from '../fold-case.ts';
import { pageOf } from '../row-queries.ts';
import { userOf } from '../session-row.ts';
import type { Placed } from '../survey-reader.ts';
import type { SocketsTable, UsersTable } from '../tables.ts';
import { statementOf } from './session-drive.ts';
import { overBudget, type Survey, type SurveyTools } from './survey.ts';

/** Users or sockets as known today of all sessions: a table of its own, with the newest session's time and a number. */
export type KnownThings<Item> = {
  readonly table: string;
  readonly timeColumn: string;
  readonly keyColumn: string;
  /** Where a name is looked for; texts in which case makes no difference. */
  readonly names: readonly string[];
  readonly itemOf: (row: Readonly<Record<string, unknown>>) => Item;
};

export const knownUsers: KnownThings<User> = {
  table: 'users',
  timeColumn: 'last_seen_ms',
  keyColumn: 'user_key',
  names: ['identity_key', 'fold_case(email)', 'fold_case(name)'],
  itemOf: (row) => userOf(row as unknown as UsersTable),
};

export const knownSockets: KnownThings<Socket> = {
  table: 'sockets',
  timeColumn: 'last_used_ms',
  keyColumn: 'socket_key',
  names: ['fold_case(name)'],
  itemOf: (row) => {
    const { socket_id: socketId, name, protocol } = row as unknown as SocketsTable;
    return { socketId: socketId as SocketId, name, protocol: protocol as SessionProtocol };
  },
};

/** Holds where one of the names contains the text. */
export const containing = (names: readonly string[], nameContains: string | null): RawBuilder<unknown> =>
  nameContains === null
    ? sql`TRUE`
    : sql`(${sql.join(
        names.map((name) => sql`coalesce(instr(${sql.raw(name)}, ${foldCase(nameContains)}), 0) > 0`),
        sql` OR `,
      )})`;

/** A place in the list: the time and the number of an item. Null: its beginning or its end. */
type Place = readonly [timeMs: number, key: number] | null;

type Bounds = { /** Older than this. */ readonly after: Place; /** Newer than this. */ readonly before: Place };

const within = ({ timeColumn, keyColumn }: KnownThings<unknown>, { after, before }: Bounds): RawBuilder<unknown> => {
  const place = sql.raw(`(${timeColumn}, ${keyColumn})`);
  const bounds = [sql`TRUE`];
  if (after !== null) bounds.push(sql`${place} < (${after[0]}, ${after[1]})`);
  if (before !== null) bounds.push(sql`${place} > (${before[0]}, ${before[1]})`);
  return sql.join(bounds, sql` AND `);
};

const inOrder = ({ timeColumn, keyColumn }: KnownThings<unknown>, isBackward: boolean): RawBuilder<unknown> =>
  sql.raw(
    isBackward ? `ORDER BY ${timeColumn} ASC, ${keyColumn} ASC` : `ORDER BY ${timeColumn} DESC, ${keyColumn} DESC`,
  );

/** The same bounds in slices of so many rows, in the direction of reading. */
function* slicesOfKnown(
  { statements, sliceRows }: SurveyTools,
  things: KnownThings<unknown>,
  bounds: Bounds,
  isBackward: boolean,
): Generator<Bounds, void, void> {
  const columns = sql.raw(`${things.timeColumn} AS timeMs, ${things.keyColumn} AS thingKey FROM ${things.table}`);
  let rest = bounds;
  for (;;) {
    const query = sql`SELECT ${columns} WHERE ${within(things, rest)} ${inOrder(things, isBackward)}
      LIMIT 1 OFFSET ${sliceRows}`;
    // The first row of the next slice. Bounds leave it out, and so does the place just beside it: keys are whole numbers.
    const next = statements.get(statementOf<{ timeMs: number; thingKey: number }>(query));
    if (next === undefined) return yield rest;
    const { timeMs, thingKey } = next;
    yield isBackward ? { ...rest, after: [timeMs, thingKey] } : { ...rest, before: [timeMs, thingKey] };
    rest = isBackward ? { ...rest, before: [timeMs, thingKey - 1] } : { ...rest, after: [timeMs, thingKey + 1] };
  }
}

const placeOf = (keyset: PageRequest['after']): Place =>
  keyset === null ? null : [keyset.key[0] ?? 0, keyset.key[1] ?? 0];

/** One page, most recent first. @throws BudgetExceeded */
export function* pageOfKnown<Item>(
  tools: SurveyTools,
  things: KnownThings<Item>,
  nameContains: string | null,
  page: PageRequest,
): Survey<Page<Placed<Item>>> {
  const found: Placed<Item>[] = [];
  const named = containing(things.names, nameContains);
  const asked = { after: placeOf(page.after), before: placeOf(page.before) };
  for (const slice of slicesOfKnown(tools, things, asked, page.backward)) {
    if (tools.isOver())
      throw overBudget(tools, 'finding these names', 'ask for a name that is less rare, or for no name');
    const query = sql`SELECT * FROM ${sql.raw(things.table)} WHERE ${within(things, slice)} AND ${named}
      ${inOrder(things, page.backward)} LIMIT ${page.limit + 1 - found.length}`;
    for (const row of tools.statements.all(statementOf<Record<string, unknown>>(query))) {
      found.push({ item: things.itemOf(row), key: [Number(row[things.timeColumn]), Number(row[things.keyColumn])] });
    }
    if (found.length > page.limit) break;
    yield;
  }
  return pageOf(found, page);
}

/** Null: not counted in time. */
export function* countKnown(
  tools: SurveyTools,
  things: KnownThings<unknown>,
  nameContains: string | null,
  upTo: number,
): Survey<number | null> {
  const named = containing(things.names, nameContains);
  let count = 0;
  for (const slice of slicesOfKnown(tools, things, { after: null, before: null }, false)) {
    if (tools.isOver()) return null;
    const query = sql`SELECT count(*) AS count FROM (SELECT 1 FROM ${sql.raw(things.table)}
      WHERE ${within(things, slice)} AND ${named} LIMIT ${upTo - count})`;
    count += tools.statements.get(statementOf<{ count: number }>(query))?.count ?? 0;
    if (count >= upTo) break;
    yield;
  }
  return count;
}
