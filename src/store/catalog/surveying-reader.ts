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
import type { Asker, Placed, SurveyReader } from './survey-reader.ts';
import type { SurveyRunner } from './surveys/survey.ts';

/** The part of the catalog's reader that may have to look at much of the log: another has it done. */
export class SurveyingReader implements SurveyReader {
  readonly #surveys: SurveyRunner;

  constructor(surveys: SurveyRunner) {
    this.#surveys = surveys;
  }

  sessions(
    visibility: Visibility,
    filter: SessionFilter,
    order: SessionOrder,
    page: PageRequest,
    parts: SessionParts = null,
    asker?: Asker,
  ): Promise<Page<Session>> {
    return this.#surveys.run('sessions', [visibility, filter, order, page, parts], asker);
  }

  countSessions(visibility: Visibility, filter: SessionFilter, upTo: number, asker?: Asker): Promise<number | null> {
    return this.#surveys.run('countSessions', [visibility, filter, upTo], asker);
  }

  sessionTotal(visibility: Visibility, filter: SessionFilter, asker?: Asker): Promise<SessionTotal> {
    return this.#surveys.run('sessionTotal', [visibility, filter], asker);
  }

  sessionsAt(
    visibility: Visibility,
    filter: SessionFilter,
    offset: number,
    limit: number,
    asker?: Asker,
  ): Promise<readonly Session[]> {
    return this.#surveys.run('sessionsAt', [visibility, filter, offset, limit], asker);
  }

  sessionStats(
    visibility: Visibility,
    filter: SessionFilter,
    request: SessionStatsRequest,
    asker?: Asker,
  ): Promise<readonly SessionStatsGroupCount[]> {
    return this.#surveys.run('sessionStats', [visibility, filter, request], asker);
  }

  mostFrequent(
    visibility: Visibility,
    thing: FrequentThing,
    limit: number,
    asker?: Asker,
  ): Promise<readonly Frequent[]> {
    return this.#surveys.run('mostFrequent', [visibility, thing, limit], asker);
  }

  users(
    visibility: Visibility,
    nameContains: string | null,
    page: PageRequest,
    asker?: Asker,
  ): Promise<Page<Placed<User>>> {
    return this.#surveys.run('users', [visibility, nameContains, page], asker);
  }

  countUsers(visibility: Visibility, nameContains: string | null, upTo: number, asker?: Asker): Promise<number | null> {
    return this.#surveys.run('countUsers', [visibility, nameContains, upTo], asker);
  }

  sockets(
    visibility: Visibility,
    nameContains: string | null,
    page: PageRequest,
    asker?: Asker,
  ): Promise<Page<Placed<Socket>>> {
    return this.#surveys.run('sockets', [visibility, nameContains, page], asker);
  }

  countSockets(
    visibility: Visibility,
    nameContains: string | null,
    upTo: number,
    asker?: Asker,
  ): Promise<number | null> {
    return this.#surveys.run('countSockets', [visibility, nameContains, upTo], asker);
  }
}
