import type Database from 'better-sqlite3';
import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Tables } from './tables.ts';

/** Builds SQL and runs nothing: what it compiles is executed by Statements. */
export const build = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/**
 * NOTE SQLite looks at the value of a parameter that is a LIMIT, or that an indexed column is compared with, to plan for it,
 * and therefore prepares such a statement anew each time one is bound: a third of what a page costs, and four fifths where a
 * hundred stretches of an index are merged. At an expression it does not look.
 */
const unseenValues = (sql: string): string =>
  sql.replaceAll(/\blimit \?/gi, '$& + 0').replaceAll(/(?<=[=<>] |\bbetween )\?/gi, '+?');

/** Prepared statements that one connection keeps; least recently used ones go. */
const STATEMENTS_MAX = 256;

/** Runs compiled queries on one connection, each SQL text prepared once. */
export class Statements {
  readonly #database: Database.Database;
  readonly #ofOneMoment: (read: () => unknown) => unknown;
  readonly #prepared = new Map<string, Database.Statement<unknown[]>>();

  constructor(database: Database.Database) {
    this.#database = database;
    this.#ofOneMoment = database.transaction((read) => read());
  }

  all<Row>(query: Compilable<Row>): Row[] {
    const { sql, parameters } = query.compile();
    return this.#prepare(sql).all(...parameters) as Row[];
  }

  /** Of each row the only column. */
  column<Value>(query: Compilable<unknown>): Value[] {
    const { sql, parameters } = query.compile();
    const statement = this.#prepare(sql);
    try {
      return statement.pluck().all(...parameters) as Value[];
    } finally {
      statement.pluck(false);
    }
  }

  get<Row>(query: Compilable<Row>): Row | undefined {
    const { sql, parameters } = query.compile();
    return this.#prepare(sql).get(...parameters) as Row | undefined;
  }

  /** For what every request asks: its query was compiled before, and its parameters are these. */
  getCompiled<Row>({ sql }: CompiledQuery<Row>, parameters: readonly unknown[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as Row | undefined;
  }

  allCompiled<Row>({ sql }: CompiledQuery<Row>, parameters: readonly unknown[]): Row[] {
    return this.#prepare(sql).all(...parameters) as Row[];
  }

  /** Reads row by row. The connection takes nothing else until the loop is left. */
  iterateCompiled<Row>({ sql }: CompiledQuery<Row>, parameters: readonly unknown[]): IterableIterator<Row> {
    return this.#prepare(sql).iterate(...parameters) as IterableIterator<Row>;
  }

  /** What is read within is of one moment, whatever is written meanwhile. */
  ofOneMoment<Result>(read: () => Result): Result {
    return this.#ofOneMoment(read) as Result;
  }

  #prepare(sql: string): Database.Statement<unknown[]> {
    const known = this.#prepared.get(sql);
    if (known !== undefined) {
      this.#prepared.delete(sql);
      this.#prepared.set(sql, known);
      return known;
    }
    const statement = this.#database.prepare<unknown[]>(unseenValues(sql));
    this.#prepared.set(sql, statement);
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size > STATEMENTS_MAX && oldest !== undefined) this.#prepared.delete(oldest);
    return statement;
  }
}
