import {
  defaultFieldResolver,
  type FieldNode,
  getNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { SessionPart, SessionParts } from '../../model/session-parts.ts';
import { SessionRef } from './refs.ts';

/**
 * Says of a field of a session, or of its user, socket, client or server, what its resolver looks at. One without a resolver
 * of its own looks at the property of its name; one that has one and says nothing, at all.
 */
export const reads = (
  ...parts: readonly SessionPart[]
): { readonly extensions: { readonly reads: readonly SessionPart[] } } => ({ extensions: { reads: parts } });

/** What there is below a session that is no part, but has some. */
const composites: ReadonlySet<string> = new Set(['user', 'socket', 'client', 'server']);

/** What an operation wants below a field that is a SessionConnection, at most: what @skip and @include may take away is in it. */
export type AskedOfSessions = {
  readonly parts: SessionParts;
  /** Whether it wants the connection's own revision. */
  readonly hasRevision: boolean;
};

/** Fields of kept documents, of which most ask the same again. */
const known = new WeakMap<FieldNode, AskedOfSessions>();

export const askedOfSessions = (info: GraphQLResolveInfo): AskedOfSessions => {
  const { fieldNodes } = info;
  const [node] = fieldNodes;
  if (node === undefined || fieldNodes.length > 1) return new Asked(info).whole();
  const asked = known.get(node) ?? new Asked(info).whole();
  known.set(node, asked);
  return asked;
};

/** A walk through what stands below a field. */
class Asked {
  readonly #fragments: GraphQLResolveInfo['fragments'];
  readonly #found = new Set<SessionPart>();
  #isAll = false;
  #hasRevision = false;

  constructor({ fragments, fieldNodes, returnType }: GraphQLResolveInfo) {
    this.#fragments = fragments;
    const type = getNamedType(returnType);
    if (!isObjectType(type)) this.#isAll = true;
    else for (const { selectionSet } of fieldNodes) if (selectionSet !== undefined) this.#above(type, selectionSet);
  }

  whole(): AskedOfSessions {
    return { parts: this.#isAll ? null : [...this.#found], hasRevision: this.#hasRevision };
  }

  /** Of what leads to sessions: a connection, its edges. */
  #above(type: GraphQLObjectType, set: SelectionSetNode): void {
    for (const { name, selectionSet } of this.#fieldsOf(set)) {
      const field = type.getFields()[name.value];
      if (field === undefined) continue;
      if (field.name === 'revision') this.#hasRevision = true;
      if (selectionSet === undefined) continue;
      const inner = getNamedType(field.type);
      if (!isObjectType(inner)) this.#isAll = true;
      else if (inner.name === SessionRef.name) this.#within(inner, selectionSet, '');
      else this.#above(inner, selectionSet);
    }
  }

  /** @param prefix of the names of what is asked there */
  #within(type: GraphQLObjectType, set: SelectionSetNode, prefix: string): void {
    for (const { name, selectionSet } of this.#fieldsOf(set)) {
      const field = type.getFields()[name.value];
      // __typename.
      if (field === undefined) continue;
      const { reads: read } = field.extensions as { readonly reads?: readonly SessionPart[] };
      const inner = getNamedType(field.type);
      if (read !== undefined) for (const part of read) this.#found.add(part);
      else if (field.resolve !== undefined && field.resolve !== defaultFieldResolver) this.#isAll = true;
      else if (prefix === '' && composites.has(field.name) && isObjectType(inner) && selectionSet !== undefined)
        this.#within(inner, selectionSet, `${field.name}.`);
      else this.#found.add(`${prefix}${field.name}` as SessionPart);
    }
  }

  /** NOTE whatever a fragment is on: of a name there is one field in an object's type. Each fragment once, or it may take for ever. */
  *#fieldsOf(set: SelectionSetNode, visited: Set<string> = new Set()): Generator<FieldNode, void, void> {
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) yield node;
      else if (node.kind === Kind.INLINE_FRAGMENT) yield* this.#fieldsOf(node.selectionSet, visited);
      else if (!visited.has(node.name.value)) {
        visited.add(node.name.value);
        const fragment = this.#fragments[node.name.value];
        if (fragment !== undefined) yield* this.#fieldsOf(fragment.selectionSet, visited);
      }
    }
  }
}
