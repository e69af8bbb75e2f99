import type { FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo } from 'graphql';
import { ignoreRejections } from './later.ts';
import type { Execution, Path } from './execution.ts';

/** What is known of a field before it is asked. */
type Asked = {
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
};

/** What resolvers are told of the field. Made for every field of every item, so that it holds little and looks up the rest. */
export class FieldInfo implements GraphQLResolveInfo {
  readonly path: Path;
  readonly #run: Execution;
  readonly #field: Asked;

  constructor(run: Execution, field: Asked, path: Path) {
    this.path = path;
    this.#run = run;
    this.#field = field;
  }

  get fieldName(): string {
    return this.#field.definition.name;
  }
  get fieldNodes(): GraphQLResolveInfo['fieldNodes'] {
    return this.#field.nodes;
  }
  get returnType(): GraphQLResolveInfo['returnType'] {
    return this.#field.definition.type;
  }
  get parentType(): GraphQLResolveInfo['parentType'] {
    return this.#field.parentType;
  }
  get schema(): GraphQLResolveInfo['schema'] {
    return this.#run.args.schema;
  }
  get fragments(): GraphQLResolveInfo['fragments'] {
    return this.#run.args.fragmentDefinitions;
  }
  get rootValue(): unknown {
    return this.#run.args.rootValue;
  }
  get operation(): GraphQLResolveInfo['operation'] {
    return this.#run.args.operation;
  }
  get variableValues(): GraphQLResolveInfo['variableValues'] {
    return this.#run.args.variableValues;
  }
  get getAbortSignal(): () => AbortSignal {
    return () => this.#run.resolverSignal;
  }
  get getAsyncHelpers(): GraphQLResolveInfo['getAsyncHelpers'] {
    return () => ({ promiseAll: (values) => Promise.all(values), track: ignoreRejections });
  }
}
