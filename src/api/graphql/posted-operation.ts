import { type DocumentNode, getOperationAST, GraphQLError, type OperationDefinitionNode } from 'graphql';
import type { GraphqlSettings } from '../settings.ts';
import type { Documents, ReadDocument } from './documents.ts';
import { documentText } from './trusted-documents.ts';

/** An operation as its client asked for it, of a document that may be executed. */
export type PostedOperation = {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly operationName: string | null | undefined;
  readonly variableValues: { readonly [name: string]: unknown } | null | undefined;
};

type Posted = {
  readonly query?: string | null | undefined;
  readonly variables?: PostedOperation['variableValues'];
  readonly operationName?: string | null | undefined;
};

const isObject = (value: unknown): boolean => typeof value === 'object' && !Array.isArray(value);

const isText = (value: unknown): boolean => typeof value === 'string';

const parameters: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['query', isText],
  ['documentId', isText],
  ['operationName', isText],
  ['variables', isObject],
  ['extensions', isObject],
]);

/** Whether the parameters are those of GraphQL over HTTP, each of its type or null. */
const isPosted = (posted: object): posted is Posted =>
  Object.entries(posted).every(([name, value]) => value == null || parameters.get(name)?.(value) === true);

const read = (settings: GraphqlSettings, documents: Documents, posted: Posted): ReadDocument | null => {
  try {
    const text = documentText(settings, posted);
    return text == null ? null : documents.read(text);
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
};

/** The operation that was posted; null when something is wrong with it, which the engine says. */
export const postedOperation = (
  settings: GraphqlSettings,
  documents: Documents,
  posted: object,
): PostedOperation | null => {
  if (!isPosted(posted) || ('documentId' in posted && settings.trustedDocuments === null)) return null;
  const found = read(settings, documents, posted);
  if (found === null || found.errors.length > 0) return null;
  const { document } = found;
  const operation = getOperationAST(document, posted.operationName);
  if (operation == null) return null;
  return { document, operation, operationName: posted.operationName, variableValues: posted.variables };
};
