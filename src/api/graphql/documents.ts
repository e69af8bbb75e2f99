import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, specifiedRules, validate } from 'graphql';
import { GRAPHQL_TOKENS_MAX } from '../../model/limits.ts';
import { documentLimits } from './document-limits.ts';

/** A document that was read, and all that keeps it from being executed: nothing, if it may be. */
export type ReadDocument = { readonly document: DocumentNode; readonly errors: readonly GraphQLError[] };

/** A longer text is read each time. */
const KEPT_LENGTH_MAX = 16 * 1024;
/** Characters of all texts that are kept, and how many texts; least recently used ones go. */
const ALL_LENGTH_MAX = 256 * 1024;
export const DOCUMENTS_KEPT_MAX = 1_000;

const rules = [...specifiedRules, documentLimits];

/** The parser's words for a document of too many tokens, which it gives no name. */
const tooManyTokens = (error: unknown): boolean =>
  error instanceof GraphQLError && error.message.includes(`more than ${GRAPHQL_TOKENS_MAX} tokens`);

/** A document of more tokens is refused before it blocks the event loop. */
const parseBounded = (text: string): DocumentNode => {
  try {
    return parse(text, { maxTokens: GRAPHQL_TOKENS_MAX });
  } catch (error) {
    // NOTE the parser goes down with each level: a few hundred fit into what the tokens allow, and a thousand do not always.
    if (error instanceof RangeError) {
      throw new GraphQLError('the document is nested too deeply to be read', { extensions: { code: 'DEPTH_LIMIT' } });
    }
    if (!tooManyTokens(error)) throw error;
    const message = `a document may have at most ${GRAPHQL_TOKENS_MAX} tokens`;
    throw new GraphQLError(message, { extensions: { code: 'TOKEN_LIMIT', limit: GRAPHQL_TOKENS_MAX } });
  }
};

/**
 * Reads documents, and remembers them by their text: parsed, validated, and held against the limits. Nothing of it depends on
 * who asks, so that what was found for one holds for all. It is the one place that decides, for every transport.
 */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #read = new Map<string, ReadDocument | GraphQLError>();
  readonly #errors = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  #length = 0;

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** @throws GraphQLError for a text that is no document, or has too many tokens */
  read(text: string): ReadDocument {
    const known = this.#read.get(text);
    if (known === undefined) return this.#remember(text);
    // What was used last stands last.
    this.#read.delete(text);
    this.#read.set(text, known);
    if (known instanceof GraphQLError) throw known;
    return known;
  }

  /** Why this document may not be executed: none, if it may. */
  errorsOf(document: DocumentNode): readonly GraphQLError[] {
    const known = this.#errors.get(document) ?? validate(this.#schema, document, rules);
    this.#errors.set(document, known);
    return known;
  }

  #remember(text: string): ReadDocument {
    try {
      const document = parseBounded(text);
      const read = { document, errors: this.errorsOf(document) };
      this.#keep(text, read, read.errors);
      return read;
    } catch (error) {
      if (error instanceof GraphQLError) this.#keep(text, error, [error]);
      throw error;
    }
  }

  #keep(text: string, read: ReadDocument | GraphQLError, errors: readonly GraphQLError[]): void {
    if (text.length > KEPT_LENGTH_MAX) return;
    // NOTE until its stack is asked for, an error holds all that was on it: the whole validation, 60 KB for four characters.
    for (const error of errors) void error.stack;
    this.#read.set(text, read);
    this.#length += text.length;
    for (const oldest of this.#read.keys()) {
      if (this.#length <= ALL_LENGTH_MAX && this.#read.size <= DOCUMENTS_KEPT_MAX) break;
      this.#read.delete(oldest);
      this.#length -= oldest.length;
    }
  }
}
