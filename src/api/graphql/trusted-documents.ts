import { createHash } from 'node:crypto';
import { GraphQLError, type FormattedExecutionResult } from 'graphql';
import type { GraphqlSettings } from '../settings.ts';

/** The parameters of a request that name or hold its document. */
type Asked = {
  readonly query?: string | null | undefined;
  readonly extensions?: FormattedExecutionResult['extensions'] | null | undefined;
};

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

const prefix = 'sha256:';

/** The id of a document, as `documentId` or as `extensions.persistedQuery.sha256Hash`; null when the request names none. */
const documentIdOf = (asked: Asked): string | null => {
  const given = 'documentId' in asked ? asked.documentId : undefined;
  if (typeof given === 'string') return given.startsWith(prefix) ? given.slice(prefix.length) : given;
  const persisted: unknown = asked.extensions?.['persistedQuery'];
  const hash =
    typeof persisted === 'object' && persisted !== null && 'sha256Hash' in persisted ? persisted.sha256Hash : null;
  return typeof hash === 'string' ? hash : null;
};

/**
 * The text of the document to execute: with trusted documents it must be one of them, named by the SHA-256 of its text or
 * given whole; without, whatever is asked. @throws GraphQLError
 */
export const documentText = <Given extends Asked>(
  { trustedDocuments }: GraphqlSettings,
  given: Given,
): string | null | undefined => {
  if (trustedDocuments === null) return given.query;
  const id = documentIdOf(given) ?? (typeof given.query === 'string' ? sha256(given.query) : '');
  const text = trustedDocuments.get(id.toLowerCase());
  if (text !== undefined && (given.query == null || given.query === text)) return text;
  throw new GraphQLError('this server executes documents that it was told to trust, and no others', {
    extensions: { code: 'UNTRUSTED_DOCUMENT', http: { status: 403 } },
  });
};

/** The same parameters with this document, and without the name by which it was asked for. */
export const withQuery = <Given extends Asked>(given: Given, query: string | null | undefined): Given => {
  const { documentId: _documentId, ...rest } = given as Given & { readonly documentId?: unknown };
  return { ...(rest as unknown as Given), query };
};
