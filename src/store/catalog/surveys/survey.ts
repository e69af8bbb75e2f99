import type Database from 'better-sqlite3';
import type { Visibility } from '../../../model/access.ts';
import { BudgetExceeded } from '../../../model/errors.ts';
import { READ_BUDGET_MS, SLICE_ROWS_MAX, STATS_BUDGET_MS, STATS_VALUES_MAX } from '../../../model/limits.ts';
import type { Page, PageRequest } from '../../../model/page.ts';
import type { SessionFilter, SessionOrder } from '../../../model/session-filter.ts';
import { foldCase } from '../fold-case.ts';
import { build, Statements } from '../statements.ts';
import type { Asker, SurveyReader } from '../survey-reader.ts';

/** A long read, which stops at each yield: others get their turn there, and it holds no snapshot meanwhile. */
export type Survey<Result> = Generator<void, Result, void>;

/** What surveys find: what the port reads, and what a reader reads the rest of over a connection of its own. */
interface Surveying extends SurveyReader {
  /** The page of SurveyReader.sessions in start order, of each session its position. */
  sessionPositions(
    visibility: Visibility,
    filter: SessionFilter,
    order: SessionOrder,
    page: PageRequest,
    asker?: Asker,
  ): Promise<Page<number>>;
}

export type SurveyName = keyof Surveying;
/** The parameters of a port's method, without for whom it is. */
export type SurveyInput<Name extends SurveyName> =
  Required<Parameters<Surveying[Name]>> extends [...infer Input, Asker] ? Input : never;
export type SurveyResult<Name extends SurveyName> = Awaited<ReturnType<Surveying[Name]>>;

/** Whoever has long reads done, on this thread or another. */
export interface SurveyRunner {
  /** @throws Unavailable (too many wait, the asker has gone), and what the survey throws */
  run<Name extends SurveyName>(name: Name, input: SurveyInput<Name>, asker?: Asker): Promise<SurveyResult<Name>>;
}

/** How long surveys may take, how many rows they look at before others get their turn, how many values they tell apart. */
export type SurveyLimits = {
  readonly readMs: number;
  readonly statsMs: number;
  readonly sliceRows: number;
  readonly valuesMax: number;
};
export const usualSurveyLimits: SurveyLimits = {
  readMs: READ_BUDGET_MS,
  statsMs: STATS_BUDGET_MS,
  sliceRows: SLICE_ROWS_MAX,
  valuesMax: STATS_VALUES_MAX,
};

/** What a survey reads with. */
export type SurveyTools = {
  readonly statements: Statements;
  /** The name of the log that revisions are positions of. */
  readonly log: string;
  /** The survey's time, and whether it is over: looked at before each slice. */
  readonly budgetMs: number;
  readonly isOver: () => boolean;
  readonly sliceRows: number;
  /** Different values that may be kept in memory. */
  readonly valuesMax: number;
};

/** What is the same for all surveys over one connection, which the caller owns. */
export const surveyConnection = (database: Database.Database): Pick<SurveyTools, 'statements' | 'log'> => {
  database.function('fold_case', { deterministic: true }, (text) => (typeof text === 'string' ? foldCase(text) : null));
  const statements = new Statements(database);
  return { statements, log: statements.get(build.selectFrom('log').select('log_id'))?.log_id ?? '' };
};

/** @param what could not be done @param instead what to ask for */
export const overBudget = ({ budgetMs }: SurveyTools, what: string, instead: string): BudgetExceeded =>
  new BudgetExceeded(`${what} takes longer than ${budgetMs / 1000} s: ${instead}`);
