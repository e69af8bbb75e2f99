import { type CompiledQuery, sql } from 'kysely';
import type { Page } from '../../../model/page.ts';
import { sessionOrderName } from '../../../model/session-order.ts';
import type { SessionRow } from '../session-row.ts';
import { build, type Statements } from '../statements.ts';
import type { PageQuery } from './page-reading.ts';
import { type SessionCondition, sessionConditions } from './session-conditions.ts';

/**
 * The rows of a page in start order of which the places were found a moment ago: it costs less than to hand rows from thread
 * to thread. What may change about a session is asked again, and those that it is not true of any more are left out.
 */
export const foundPage = (
  statements: Statements,
  { visibility, filter, order, page, columns }: Omit<PageQuery, 'lookedAtMax' | 'stretchesMax'>,
  found: Page<number>,
): Page<SessionRow> => {
  const changing = sessionConditions(visibility, filter).filter(({ lasts }) => !lasts);
  const items = found.items.length === 0 ? [] : rowsAt(statements, columns, found.items, changing);
  const whole = { ...found, items };
  if (items.length === found.items.length || found.stoppedAt !== null) return whole;
  // NOTE the list goes on from what was found last, also where that is left out.
  const [end, hasMore] = page.backward
    ? [found.items[0], found.hasPreviousPage]
    : [found.items.at(-1), found.hasNextPage];
  if (end === undefined || !hasMore) return whole;
  return { ...whole, stoppedAt: { order: sessionOrderName(order), key: [end] } };
};

/** In the order of the positions. */
const rowsAt = (
  statements: Statements,
  columns: string,
  positions: readonly number[],
  conditions: readonly SessionCondition[],
): readonly SessionRow[] => {
  const rest = conditions.map(({ holds }) => sql` AND ${holds}`);
  const query = sql<SessionRow>`SELECT ${sql.raw(columns)} FROM json_each(${JSON.stringify(positions)}) AS found
    CROSS JOIN sessions NOT INDEXED ON sessions.position = found.value WHERE TRUE${sql.join(rest, sql``)}`;
  return statements.all<SessionRow>({ compile: () => query.compile(build) as CompiledQuery<SessionRow> });
};
