import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql';
import {
  GRAPHQL_ALIASES_MAX,
  GRAPHQL_DEPTH_MAX,
  GRAPHQL_DIRECTIVES_MAX,
  GRAPHQL_ROOT_FIELDS_MAX,
} from '../../model/limits.ts';

/** What an operation asks for, its fragments unfolded: a fragment counts as often as it is used. */
type Shape = { readonly depth: number; readonly aliases: number; readonly directives: number; readonly fields: number };

const nothing: Shape = { depth: 0, aliases: 0, directives: 0, fields: 0 };

const add = (left: Shape, right: Shape): Shape => ({
  depth: Math.max(left.depth, right.depth),
  aliases: left.aliases + right.aliases,
  directives: left.directives + right.directives,
  fields: left.fields + right.fields,
});

/**
 * Counts each selection set once, however often it is used: fragments within fragments, which unfold to billions of fields,
 * cost no more than their text. A fragment within itself counts as nothing here; that is another rule's to refuse.
 */
class Measuring {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #measured = new Map<SelectionSetNode, Shape>();

  constructor(document: DocumentNode) {
    const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  }

  /** `fields` counts those at the top alone. */
  selectionSet(set: SelectionSetNode | undefined): Shape {
    if (set === undefined) return nothing;
    const known = this.#measured.get(set);
    if (known !== undefined) return known;
    this.#measured.set(set, nothing);
    let shape = nothing;
    for (const selection of set.selections) shape = add(shape, this.#selection(selection));
    this.#measured.set(set, shape);
    return shape;
  }

  #selection(selection: SelectionNode): Shape {
    const directives = selection.directives?.length ?? 0;
    if (selection.kind === Kind.FIELD) {
      const { depth, aliases, directives: below } = this.selectionSet(selection.selectionSet);
      const alias = selection.alias === undefined ? 0 : 1;
      return { depth: depth + 1, aliases: aliases + alias, directives: below + directives, fields: 1 };
    }
    const set =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection.selectionSet
        : this.#fragments.get(selection.name.value)?.selectionSet;
    return add(this.selectionSet(set), { ...nothing, directives });
  }
}

const limits = [
  { of: 'depth', code: 'DEPTH_LIMIT', limit: GRAPHQL_DEPTH_MAX, told: 'fields within one another' },
  { of: 'aliases', code: 'ALIAS_LIMIT', limit: GRAPHQL_ALIASES_MAX, told: 'aliases' },
  { of: 'fields', code: 'ROOT_FIELD_LIMIT', limit: GRAPHQL_ROOT_FIELDS_MAX, told: 'fields at its top' },
  { of: 'directives', code: 'DIRECTIVE_LIMIT', limit: GRAPHQL_DIRECTIVES_MAX, told: 'directives' },
] as const;

const measure = (measuring: Measuring, operation: OperationDefinitionNode): Shape =>
  add(measuring.selectionSet(operation.selectionSet), { ...nothing, directives: operation.directives?.length ?? 0 });

/** Refuses operations that are too deep or too wide, whatever their variables are: its verdict is kept with the document. */
export const documentLimits: ValidationRule = (context) => {
  const measuring = new Measuring(context.getDocument());
  return {
    OperationDefinition: (operation) => {
      const shape = measure(measuring, operation);
      for (const { of, code, limit, told } of limits) {
        if (shape[of] <= limit) continue;
        const message = `an operation may have at most ${limit} ${told}, fragments unfolded, got ${shape[of]}`;
        const extensions = { code, limit, got: shape[of] };
        context.reportError(new GraphQLError(message, { nodes: operation, extensions }));
      }
      return undefined;
    },
  };
};
