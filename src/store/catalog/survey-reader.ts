import type { Visibility } from '../../model/access.ts';
import type { Page, PageRequest } from '../../model/page.ts';
import type { SessionFilter, SessionOrder } from '../../model/session-filter.ts';
import type { SessionParts } from '../../model/session-parts.ts';
import type {
  Frequent,
  FrequentThing,
  SessionStatsGroupCount,
  SessionStatsRequest,
  SessionTotal,
} from '../../model/session-stats.ts';
import type { Session, Socket, User } from '../../model/session.ts';

/** For whom a long read is: accounts take turns, and who has gone is not read for any more. */
export type Asker = { readonly account: string; readonly gone: AbortSignal };

/** An item of a list, and the key of its place there. */
export type Placed<Item> = { readonly item: Item; readonly key: readonly number[] };

/**
 * Reads that may have to look at much of the log. An implementation
 * - MUST NOT stop the event loop of whoever asks, and gives each account its turn between small pieces of the work;
 * - MUST end each within READ_BUDGET_MS (statistics: STATS_BUDGET_MS), and hold no snapshot of the catalog between two pieces:
 *   what changes meanwhile is counted before or after its change;
 * - answers Unavailable beyond READS_WAITING_MAX of one account, and when it cannot read now.
 */
export interface SurveyReader {
  /**
   * Cursor order names and key lengths are in model/session-order.ts. The page's items are in the asked order, also backward.
   * It looks at SESSIONS_LOOKED_AT_MAX sessions at most: where what matches lies further apart it has fewer items than asked
   * for, even none, and says where it stopped. Going on from there misses no session, and tells none twice.
   * A session that ceases to match while its page is read may be left out.
   * @param parts what of each is wanted; all by default
   * @throws BudgetExceeded where so many wait that its turn does not come in time
   */
  sessions(
    visibility: Visibility,
    filter: SessionFilter,
    order: SessionOrder,
    page: PageRequest,
    parts?: SessionParts,
    asker?: Asker,
  ): Promise<Page<Session>>;
  /** How many match, counted no further than upTo. Null: not counted in time. */
  countSessions(visibility: Visibility, filter: SessionFilter, upTo: number, asker?: Asker): Promise<number | null>;
  /** How many match: exact where an index alone can count them, else counted to REST_ROWS_MAX and as far as the time allows. */
  sessionTotal(visibility: Visibility, filter: SessionFilter, asker?: Asker): Promise<SessionTotal>;
  /** Newest first, by row number: the REST list's pages. `offset` is below REST_ROWS_MAX. @throws BudgetExceeded */
  sessionsAt(
    visibility: Visibility,
    filter: SessionFilter,
    offset: number,
    limit: number,
    asker?: Asker,
  ): Promise<readonly Session[]>;
  /**
   * Groups by value: the largest first, of the same size by key. Groups by time: all that hold a session, oldest first.
   * @param request one that checkStatsRequest has let pass
   * @throws BudgetExceeded, InvalidInput (more than STATS_TIME_GROUPS_MAX groups by time)
   */
  sessionStats(
    visibility: Visibility,
    filter: SessionFilter,
    request: SessionStatsRequest,
    asker?: Asker,
  ): Promise<readonly SessionStatsGroupCount[]>;
  /** Over all visible sessions, the most frequent first. @throws BudgetExceeded */
  mostFrequent(
    visibility: Visibility,
    thing: FrequentThing,
    limit: number,
    asker?: Asker,
  ): Promise<readonly Frequent[]>;

  /**
   * Most recently seen first; keys are [time of the newest session, number]. As known today of all sessions; to a producer,
   * those of its own sessions, as its newest session of each has them. The same for sockets.
   * @param nameContains of identity, email and name, without regard to case; null: all
   * @throws BudgetExceeded
   */
  users(
    visibility: Visibility,
    nameContains: string | null,
    page: PageRequest,
    asker?: Asker,
  ): Promise<Page<Placed<User>>>;
  /** Counted no further than upTo. Null: not counted in time. */
  countUsers(visibility: Visibility, nameContains: string | null, upTo: number, asker?: Asker): Promise<number | null>;
  sockets(
    visibility: Visibility,
    nameContains: string | null,
    page: PageRequest,
    asker?: Asker,
  ): Promise<Page<Placed<Socket>>>;
  countSockets(
    visibility: Visibility,
    nameContains: string | null,
    upTo: number,
    asker?: Asker,
  ): Promise<number | null>;
}
