import type { Visibility } from '../../../model/access.ts';
import type { PageRequest } from '../../../model/page.ts';
import { countSessions, sessionTotal } from './count-sessions.ts';
import { countKnown, type KnownThings, knownSockets, knownUsers, pageOfKnown } from './known-things.ts';
import { countOwn, type OwnThings, ownSockets, ownUsers, pageOfOwn } from './own-things.ts';
import { mostFrequent } from './most-frequent.ts';
import { sessionStats } from './session-stats.ts';
import { sessionPage, sessionPositions } from './session-page.ts';
import { sessionsAt } from './sessions-at.ts';
import type { Survey, SurveyLimits, SurveyInput, SurveyName, SurveyResult, SurveyTools } from './survey.ts';

type Surveys = {
  readonly [Name in SurveyName]: (tools: SurveyTools, ...input: SurveyInput<Name>) => Survey<SurveyResult<Name>>;
};

const paging =
  <Item>(known: KnownThings<Item>, own: OwnThings<Item>) =>
  (tools: SurveyTools, visibility: Visibility, nameContains: string | null, page: PageRequest) =>
    visibility.scope === 'all'
      ? pageOfKnown(tools, known, nameContains, page)
      : pageOfOwn(tools, visibility.producer, own, nameContains, page);

const counting =
  (known: KnownThings<unknown>, own: OwnThings<unknown>) =>
  (tools: SurveyTools, visibility: Visibility, nameContains: string | null, upTo: number) =>
    visibility.scope === 'all'
      ? countKnown(tools, known, nameContains, upTo)
      : countOwn(tools, visibility.producer, own, nameContains, upTo);

const surveys: Surveys = {
  sessions: sessionPage,
  sessionPositions,
  countSessions,
  sessionTotal,
  sessionsAt,
  sessionStats,
  mostFrequent,
  users: paging(knownUsers, ownUsers),
  countUsers: counting(knownUsers, ownUsers),
  sockets: paging(knownSockets, ownSockets),
  countSockets: counting(knownSockets, ownSockets),
};

const forStats: ReadonlySet<SurveyName> = new Set(['sessionStats', 'mostFrequent']);

/** The survey of a port's method, whose time begins now. */
export const surveyOf = <Name extends SurveyName>(
  connection: Pick<SurveyTools, 'statements' | 'log'>,
  { readMs, statsMs, sliceRows, valuesMax }: SurveyLimits,
  name: Name,
  input: SurveyInput<Name>,
): Survey<SurveyResult<Name>> => {
  const budgetMs = forStats.has(name) ? statsMs : readMs;
  const endMs = performance.now() + budgetMs;
  const tools = { ...connection, budgetMs, isOver: () => performance.now() >= endMs, sliceRows, valuesMax };
  return surveys[name](tools, ...input);
};
