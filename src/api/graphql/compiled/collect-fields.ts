import {
  type FieldNode,
  getDirectiveValues,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  GraphQLSkipDirective,
  isAbstractType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidatedExecutionArgs,
} from 'graphql';

const isIncluded = (node: SelectionNode, { variableValues }: ValidatedExecutionArgs): boolean =>
  node.directives === undefined ||
  node.directives.length === 0 ||
  (getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.['if'] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.['if'] !== false);

const isOf = (
  condition: NamedTypeNode | undefined,
  type: GraphQLObjectType,
  { schema }: ValidatedExecutionArgs,
): boolean => {
  if (condition === undefined || condition.name.value === type.name) return true;
  const conditional = schema.getType(condition.name.value);
  return isAbstractType(conditional) && schema.isSubType(conditional, type);
};

/**
 * The fields that these selection sets ask of an object of this type, by their names in the answer: the specification's
 * CollectFields. @throws when a variable of @skip or @include does not fit
 */
export const collectFields = (
  args: ValidatedExecutionArgs,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): ReadonlyMap<string, readonly FieldNode[]> => {
  const fields = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  const visit = (set: SelectionSetNode): void => {
    for (const node of set.selections) {
      if (!isIncluded(node, args)) continue;
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        const others = fields.get(key);
        if (others === undefined) fields.set(key, [node]);
        else others.push(node);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        if (isOf(node.typeCondition, type, args)) visit(node.selectionSet);
      } else {
        const fragment = args.fragmentDefinitions[node.name.value];
        if (fragment === undefined || visited.has(node.name.value)) continue;
        if (!isOf(fragment.typeCondition, type, args)) continue;
        visited.add(node.name.value);
        visit(fragment.selectionSet);
      }
    }
  };
  for (const set of sets) visit(set);
  return fields;
};
