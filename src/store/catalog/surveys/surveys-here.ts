import type Database from 'better-sqlite3';
import { PROCESS_ACCOUNT } from '../../../model/account.ts';
import type { Asker } from '../survey-reader.ts';
import {
  type SurveyLimits,
  surveyConnection,
  type SurveyInput,
  type SurveyName,
  type SurveyResult,
  type SurveyRunner,
  usualSurveyLimits,
} from './survey.ts';
import { SurveyTurns } from './survey-turns.ts';
import { surveyOf } from './surveys.ts';

/** Does long reads on the calling thread, a slice at a time: for verbs of the command line, which nobody waits beside. */
export class SurveysHere implements SurveyRunner {
  readonly #connection: ReturnType<typeof surveyConnection>;
  readonly #limits: SurveyLimits;
  readonly #turns = new SurveyTurns();

  /** The caller owns the connection. */
  constructor(database: Database.Database, limits: SurveyLimits = usualSurveyLimits) {
    this.#connection = surveyConnection(database);
    this.#limits = limits;
  }

  async run<Name extends SurveyName>(name: Name, input: SurveyInput<Name>, asker?: Asker): Promise<SurveyResult<Name>> {
    const survey = surveyOf(this.#connection, this.#limits, name, input);
    const cancel = (): void => this.#turns.cancel(survey);
    if (asker?.gone.aborted === true) cancel();
    asker?.gone.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#turns.run(asker?.account ?? PROCESS_ACCOUNT, survey);
    } finally {
      asker?.gone.removeEventListener('abort', cancel);
    }
  }
}
