import type Database from 'better-sqlite3';
import { RecentTexts } from './recent-texts.ts';

/** What the index of words makes of a text. */
export type Terms = {
  /** In their order, with NUL, which no term has, around each: some follow each other in it as they do in these. */
  readonly written: string;
  /** The number of the words that it was asked for last, and a bit for each of them that it has. */
  asked: number;
  has: number;
};

/** Letters and digits of ASCII are all of it that the tokenizer keeps. */
const ascii = /^\p{ASCII}*$/u;
const asciiTerms = /[a-z0-9]+/g;
/** FTS5 cuts terms off at 32 KiB: a text that may have such is left to it. */
const ASCII_LENGTH_MAX = 4096;

const termsOf = (terms: readonly string[]): Terms => ({
  written: `\u0000${terms.join('\u0000')}\u0000`,
  asked: 0,
  has: 0,
});

/** The terms of texts, as FTS5 itself gives them. Those that were asked for lately are kept. */
export class TextTerms {
  readonly #begin: Database.Statement;
  readonly #rollback: Database.Statement;
  readonly #insert: Database.Statement<[number, string]>;
  readonly #terms: Database.Statement<[], [at: number, offset: number, term: string]>;
  readonly #recent = new RecentTexts<Terms>();

  /** @param database in memory, and for this alone: what is rolled back there was never written */
  constructor(database: Database.Database) {
    database.exec(`CREATE VIRTUAL TABLE words USING fts5 (text,
      content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2')`);
    database.exec(`CREATE VIRTUAL TABLE terms USING fts5vocab ('words', 'instance')`);
    this.#begin = database.prepare('BEGIN');
    this.#rollback = database.prepare('ROLLBACK');
    this.#insert = database.prepare('INSERT INTO words (rowid, text) VALUES (? + 1, ?)');
    this.#terms = database.prepare<[], [number, number, string]>('SELECT doc - 1, offset, term FROM terms').raw();
  }

  /** Null: FTS5 must be asked. */
  known(text: string): Terms | null {
    const recent = this.#recent.get(text);
    if (recent !== undefined) return recent;
    if (text.length > ASCII_LENGTH_MAX || !ascii.test(text)) return null;
    return this.#keep(text, text.toLowerCase().match(asciiTerms) ?? []);
  }

  /** Of each text. Asked for many, FTS5 takes hardly longer than for one. */
  of(texts: readonly string[]): readonly Terms[] {
    const unknown = texts.filter((text) => this.known(text) === null);
    const asked = new Map(unknown.length === 0 ? [] : this.#ask(unknown));
    return texts.map((text) => asked.get(text) ?? this.known(text) ?? termsOf([]));
  }

  #ask(texts: readonly string[]): readonly (readonly [text: string, terms: Terms])[] {
    const found: (readonly [text: string, terms: string[]])[] = texts.map((text) => [text, []]);
    this.#begin.run();
    try {
      for (const [at, text] of texts.entries()) this.#insert.run(at, text);
      for (const [at, offset, term] of this.#terms.iterate()) (found[at]?.[1] ?? [])[offset] = term;
    } finally {
      this.#rollback.run();
    }
    return found.map(([text, terms]) => [text, this.#keep(text, terms)]);
  }

  #keep(text: string, terms: readonly string[]): Terms {
    const kept = termsOf(terms);
    this.#recent.keep(text, kept, kept.written.length);
    return kept;
  }
}
