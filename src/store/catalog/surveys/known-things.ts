import { SLICE_ROWS_MAX } from '../../../model/limits.ts';
import type { Page, PageRequest } from '../../../model/page.ts';
import type { SessionProtocol, Socket, User } from '../../../model/session.ts';
import type { SocketId } from '../../../model/ids.ts';
import { foldCase } from '../fold-case.ts';
import { pageOf } from '../row-queries.ts';
import { userOf } from '../session-row.ts';
import type { Placed } from '../survey-reader.ts';
import type { SocketsTable, UsersTable } from '../tables.ts';
import { plainSql } from './session-drive.ts';
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

/** SQL that holds where one of the names contains the text, and its parameters. */
export const containing = (
  names: readonly string[],
  nameContains: string | null,
): { readonly where: string; readonly parameters: readonly string[] } =>
  nameContains === null
    ? { where: '1', parameters: [] }
    : {
        where: `(${names.map((name) => `coalesce(instr(${name}, ?), 0) > 0`).join(' OR ')})`,
        parameters: names.map(() => foldCase(nameContains)),
      };

/** A place in the list: the time and the number of an item. Null: its beginning or its end. */
type Place = readonly [timeMs: number, key: number] | null;

type Bounds = { /** Older than this. */ readonly after: Place; /** Newer than this. */ readonly before: Place };

const within = (things: KnownThings<unknown>, { after, before }: Bounds) => {
  const place = `(${things.timeColumn}, ${things.keyColumn})`;
  const bounds = [...(after === null ? [] : [`${place} < (?, ?)`]), ...(before === null ? [] : [`${place} > (?, ?)`])];
  return { where: bounds.join(' AND ') || '1', parameters: [...(after ?? []), ...(before ?? [])] };
};

const orderBy = ({ timeColumn, keyColumn }: KnownThings<unknown>, isBackward: boolean): string =>
  `ORDER BY ${timeColumn} ${isBackward ? 'ASC' : 'DESC'}, ${keyColumn} ${isBackward ? 'ASC' : 'DESC'}`;

/** The same bounds in slices of so many rows, in the direction of reading. */
function* slicesOfKnown(
  { statements }: SurveyTools,
  things: KnownThings<unknown>,
  bounds: Bounds,
  isBackward: boolean,
): Generator<Bounds, void, void> {
  const { table, timeColumn, keyColumn } = things;
  let rest = bounds;
  for (;;) {
    const { where, parameters } = within(things, rest);
    const text = `SELECT ${timeColumn} AS time_ms, ${keyColumn} AS thing_key FROM ${table} WHERE ${where}
      ${orderBy(things, isBackward)} LIMIT 1 OFFSET ${SLICE_ROWS_MAX}`;
    // The first row of the next slice. Bounds leave it out, and so does the place just beside it: keys are whole numbers.
    const next = statements.get(plainSql<{ time_ms: number; thing_key: number }>(text, parameters));
    if (next === undefined) return yield rest;
    const { time_ms: timeMs, thing_key: key } = next;
    yield isBackward ? { ...rest, after: [timeMs, key] } : { ...rest, before: [timeMs, key] };
    rest = isBackward ? { ...rest, before: [timeMs, key - 1] } : { ...rest, after: [timeMs, key + 1] };
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
    const { where, parameters } = within(things, slice);
    const text = `SELECT * FROM ${things.table} WHERE ${where} AND ${named.where} ${orderBy(things, page.backward)} LIMIT ?`;
    const wanted = [...parameters, ...named.parameters, page.limit + 1 - found.length];
    for (const row of tools.statements.all(plainSql<Record<string, unknown>>(text, wanted))) {
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
    const { where, parameters } = within(things, slice);
    const text = `SELECT count(*) AS count FROM (SELECT 1 FROM ${things.table} WHERE ${where} AND ${named.where} LIMIT ?)`;
    const wanted = [...parameters, ...named.parameters, upTo - count];
    count += tools.statements.get(plainSql<{ count: number }>(text, wanted))?.count ?? 0;
    if (count >= upTo) break;
    yield;
  }
  return count;
}
