import type { RefusalWire } from '../../model/refusal-wire.ts';
import type { SurveyLimits, SurveyName } from './surveys/survey.ts';

/** What the reading thread is begun with. */
export type ReadingData = {
  readonly path: string;
  /** better-sqlite3's addon; null: the one in its package. */
  readonly nativeBinding: string | null;
  readonly limits: SurveyLimits;
};

/** Main thread to reading thread: one long read with its input as JSON, or that nobody waits for it any more. */
export type ReadingRequest =
  | { readonly id: number; readonly name: SurveyName; readonly account: string; readonly input: string }
  | { readonly id: number; readonly name: 'cancel' };

/** How it went. `failure` is the environment's. NOTE a page as JSON takes a third of the time of what threads copy by themselves. */
export type ReadingAnswer = { readonly id: number } & (
  | { readonly json: string }
  | { readonly refusal: RefusalWire }
  | { readonly failure: string }
);
