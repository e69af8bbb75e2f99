import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Refusal } from '../../model/errors.ts';
import { refusalToWire } from '../../model/refusal-wire.ts';
import { openForReading } from './open-database.ts';
import type { ReadingAnswer, ReadingData, ReadingRequest } from './reading-messages.ts';
import { type Survey, surveyConnection } from './surveys/survey.ts';
import { SurveyTurns } from './surveys/survey-turns.ts';
import { surveyOf } from './surveys/surveys.ts';

const failed = (id: number, error: unknown): ReadingAnswer => {
  if (error instanceof Refusal) return { id, refusal: refusalToWire(error) };
  return { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
};

/** Reads what may take long, over a connection of its own, until it is terminated. */
const serve = (port: MessagePort, data: ReadingData): void => {
  const connection = surveyConnection(openForReading(data));
  const turns = new SurveyTurns();
  const running = new Map<number, Survey<unknown>>();
  port.on('message', (request: ReadingRequest) => {
    const { id } = request;
    if (request.name === 'cancel') {
      const survey = running.get(id);
      if (survey !== undefined) turns.cancel(survey);
      return;
    }
    const survey: Survey<unknown> = surveyOf(connection, data.limits, request.name, JSON.parse(request.input) as never);
    running.set(id, survey);
    const answer = (given: ReadingAnswer): void => {
      running.delete(id);
      port.postMessage(given);
    };
    turns.run(request.account, survey).then(
      (value) => answer({ id, json: JSON.stringify(value) }),
      (error: unknown) => answer(failed(id, error)),
    );
  });
};

if (parentPort !== null) serve(parentPort, workerData as ReadingData);
