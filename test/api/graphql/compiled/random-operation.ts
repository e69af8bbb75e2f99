import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

/** Draws a whole number from 0 to below. */
export type Draw = (below: number) => number;

/** Draws that one seed decides: Numerical Recipes' linear congruential generator. */
export const drawFrom = (seed: number): Draw => {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

export type OperationOptions = {
  /** Arguments of a field that needs some, or may have some: with their brackets; null leaves the field out. */
  readonly argumentsOf: (parent: string, field: string, draw: Draw) => string | null;
  readonly depth: number;
};

const DIRECTIVES = ['', '', '', '', ' @include(if: $yes)', ' @skip(if: $no)', ' @skip(if: $yes)', ' @include(if: $no)'];

/** A query of this schema that is valid: random fields, aliases, fragments and conditions, some of them asked for twice. */
export const randomQuery = (schema: GraphQLSchema, draw: Draw, { argumentsOf, depth }: OperationOptions): string => {
  const argumentsFor = (type: string, field: GraphQLField<unknown, unknown>): string | null => {
    const given = field.args.length === 0 ? '' : argumentsOf(type, field.name, draw);
    return given === '' && field.args.some(isRequiredArgument) ? null : given;
  };
  const fieldsOf = (type: GraphQLNamedType, left: number, isShared = true): readonly string[] => {
    const all = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const wanted = all.filter((field) => left > 0 || isLeafType(getNamedType(field.type)));
    return Array.from({ length: draw(5) }, () => wanted[draw(Math.max(wanted.length, 1))]).flatMap((field, index) => {
      const given = field === undefined ? null : argumentsFor(type.name, field);
      if (field === undefined || given === null) return [];
      const inner = getNamedType(field.type);
      // An alias of its own where answers of two places could not be merged.
      const alias =
        isShared && given === '' && isLeafType(inner) && draw(3) > 0
          ? ''
          : `${field.name}${left}${index}${draw(1e6)}: `;
      return [`${alias}${field.name}${given}${directive()} ${isLeafType(inner) ? '' : selection(inner, left - 1)}`];
    });
  };
  const directive = (): string => DIRECTIVES[draw(DIRECTIVES.length)] ?? '';
  const selection = (type: GraphQLNamedType, left: number): string => {
    const parts = ['__typename', ...fieldsOf(type, left)];
    const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    for (const each of possible.filter(() => draw(3) === 0)) {
      parts.push(`... on ${each.name}${directive()} { __typename ${fieldsOf(each, left, each === type).join(' ')} }`);
    }
    return `{ ${parts.join(' ')} }`;
  };
  const root = schema.getQueryType();
  if (root == null) throw new Error('the schema has no queries');
  return `query ($yes: Boolean! = true, $no: Boolean! = false) {
    conditions: __typename @include(if: $yes) @skip(if: $no) ${selection(root, depth).slice(1)}`;
};
