import { sql } from 'kysely';
import type { Page, PageRequest } from '../../../model/page.ts';
import { everySession } from '../../../model/session-filter.ts';
import type { Session, Socket, User } from '../../../model/session.ts';
import { pageOf } from '../row-queries.ts';
import { POSITIONS_PER_MS } from '../session-position.ts';
import type { Placed } from '../survey-reader.ts';
import { containing } from './known-things.ts';
import { driveOf, rowsIn, slicesOf, statementOf } from './session-drive.ts';
import { sessionsByPosition } from './sessions-at.ts';
import { overBudget, type Survey, type SurveyTools } from './survey.ts';

/** Users or sockets of one producer's sessions, as its newest session of each has them: others' words are not its to read. */
export type OwnThings<Item> = {
  /** Column by which sessions have the same one. */
  readonly column: string;
  /** Where a name is looked for. */
  readonly names: readonly string[];
  readonly itemOf: (session: Session) => Item;
};

export const ownUsers: OwnThings<User> = {
  column: 'user_identity_key',
  names: ['user_identity_key', 'user_email_key', 'fold_case(user_name)'],
  itemOf: (session) => session.user,
};

export const ownSockets: OwnThings<Socket> = {
  column: 'socket_id',
  names: ['fold_case(socket_name)'],
  itemOf: (session) => session.socket,
};

type Found = { readonly thing: string; readonly newest: number; readonly isNamed: number };

/**
 * Positions of the newest session of each, most recent first, as far as `isEnough` lets it go on. All of the producer's
 * sessions that are newer are looked at: what has a newer one has its place there.
 * @returns null when there was no time for it
 */
function* newestOfEach(
  tools: SurveyTools,
  producer: string,
  { column, names }: OwnThings<unknown>,
  nameContains: string | null,
  isEnough: (positions: readonly number[]) => boolean,
): Survey<readonly number[] | null> {
  const drive = driveOf(tools, { scope: 'producer', producer }, everySession);
  const seen = new Set<string>();
  const positions: number[] = [];
  // NOTE beside max(), SQLite gives the other columns as the row has them that holds the greatest.
  const select = sql`${sql.raw(column)} AS thing, max(position) AS newest, ${containing(names, nameContains)} AS isNamed`;
  for (const slice of slicesOf(tools, drive, tools.sliceRows)) {
    if (tools.isOver()) return null;
    const each = statementOf<Found>(rowsIn(drive, slice, select, sql`GROUP BY 1 ORDER BY newest DESC`));
    for (const { thing, newest, isNamed } of tools.statements.all(each)) {
      if (seen.has(thing)) continue;
      seen.add(thing);
      if (isNamed === 1) positions.push(newest);
    }
    if (isEnough(positions)) break;
    yield;
  }
  return positions;
}

const timeOf = (position: number): number => Math.floor(position / POSITIONS_PER_MS);

/** One page, most recent first. @throws BudgetExceeded */
export function* pageOfOwn<Item>(
  tools: SurveyTools,
  producer: string,
  things: OwnThings<Item>,
  nameContains: string | null,
  page: PageRequest,
): Survey<Page<Placed<Item>>> {
  const after = page.after?.key[1] ?? Number.MAX_SAFE_INTEGER;
  const before = page.before?.key[1] ?? -1;
  const isWanted = (position: number): boolean => position < after && position > before;
  const isEnough = (positions: readonly number[]): boolean => {
    const last = positions.at(-1) ?? Number.MAX_SAFE_INTEGER;
    return last <= before || (!page.backward && positions.filter(isWanted).length > page.limit);
  };
  const all = yield* newestOfEach(tools, producer, things, nameContains, isEnough);
  if (all === null)
    throw overBudget(tools, 'reading this page', 'there are too many sessions to find each one of them');
  const wanted = all.filter(isWanted);
  const read = (page.backward ? wanted.toReversed() : wanted).slice(0, page.limit + 1);
  const sessions = sessionsByPosition(tools, read);
  const placed = read.flatMap((position): readonly Placed<Item>[] => {
    const session = sessions.get(position);
    return session === undefined ? [] : [{ item: things.itemOf(session), key: [timeOf(position), position] }];
  });
  return pageOf(placed, page);
}

/** Null: not counted in time. */
export function* countOwn(
  tools: SurveyTools,
  producer: string,
  things: OwnThings<unknown>,
  nameContains: string | null,
  upTo: number,
): Survey<number | null> {
  const positions = yield* newestOfEach(tools, producer, things, nameContains, (found) => found.length >= upTo);
  return positions === null ? null : Math.min(positions.length, upTo);
}
