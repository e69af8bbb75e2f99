import { GraphQLError } from 'graphql';
import { InvalidInput, Refusal } from '../../model/errors.ts';
import type { Log } from '../parts.ts';

/** What was thrown, under the errors that graphql put around it. */
const causeOf = (error: unknown): unknown => {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError != null) cause = cause.originalError;
  return cause;
};

/** Whether an error is a refusal, or about the query: everything else is somebody's mistake. */
export const isExpected = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof Refusal || cause instanceof GraphQLError;
};

/** Where in query and answer an error stands. */
const placeOf = (error: unknown): { nodes?: GraphQLError['nodes']; path?: GraphQLError['path'] } =>
  error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {};

const shown = (error: unknown, refusal: Refusal): GraphQLError => {
  const { code, message } = refusal;
  const extensions = refusal instanceof InvalidInput ? { code, argument: refusal.field } : { code };
  return new GraphQLError(message, { ...placeOf(error), extensions });
};

/** What stands nowhere in the answer is about the query or its variables: the client's. */
const asked = (error: GraphQLError): GraphQLError => {
  if (error.path !== undefined || error.extensions['code'] !== undefined) return error;
  const { message, nodes, source, positions, originalError } = error;
  const extensions = { code: 'BAD_USER_INPUT', ...error.extensions };
  return new GraphQLError(message, { nodes, source, positions, originalError, extensions });
};

/**
 * What a client sees of an error: graphql's own words about the query, and refusals with their code, as they are; of
 * everything else only that it was, while the log has the cause.
 */
export const maskError =
  (log: Log) =>
  (error: unknown): GraphQLError => {
    const cause = causeOf(error);
    if (cause instanceof Refusal) return shown(error, cause);
    if (cause instanceof GraphQLError && error instanceof GraphQLError) return asked(error);
    log('error', 'a GraphQL operation failed', { path: placeOf(error).path, error: cause });
    return new GraphQLError('internal error', { ...placeOf(error), extensions: { code: 'INTERNAL_SERVER_ERROR' } });
  };
