import Database from 'better-sqlite3';
import { wordsOf } from '../../model/filter-text.ts';
import { type Terms, TextTerms } from './text-terms.ts';

/** As session_texts and session_words call them: see 0004-every-filter.ts. */
export const wordColumns = 'email, identity, name, socket_name, server_name, client_software, city, country, ssh_user';

/** Rows that are looked at in the time in which one is asked for its words. */
export const ROWS_A_TEXT = 4;

/**
 * Lets a connection ask of one session what the index of words would say of it, at a cost that knows nothing of the log: FTS5
 * itself, asked for one row, walks the whole index for words that never meet. What is kept of texts goes with the connection.
 * - has_words(text, …wordColumns): whether a session with these texts has the words of a filter's text, 1 or 0
 * - terms_of(text): the terms that it is looked up by, in its order, as JSON
 */
export const provideHasWords = (database: Database.Database, given: Database.Options = {}): void => {
  let opened: AskedWords | null = null;
  const asked = (): AskedWords => (opened ??= new AskedWords(new TextTerms(new Database(':memory:', given))));
  database.function(
    'has_words',
    { deterministic: true, varargs: true },
    (text: unknown, ...texts: readonly unknown[]) => (asked().has(String(text), texts) ? 1 : 0),
  );
  database.function('terms_of', { deterministic: true }, (text: unknown) =>
    JSON.stringify(asked().termsOf(String(text))),
  );
};

/** A bit for each. */
const WORDS_MAX = 31;

/** A word of several terms is one where they follow each other in one text. A word of none asks for nothing. */
class AskedWords {
  readonly #terms: TextTerms;
  /** What was asked for last. */
  #text: string | null = null;
  #words: readonly Terms[] = [];
  /** One more for each. NOTE what is kept of texts by their number keeps none of them in memory. */
  #number = 0;

  constructor(terms: TextTerms) {
    this.#terms = terms;
  }

  /** Whether some of the texts has each of the words; of none, never. */
  has(text: string, texts: readonly unknown[]): boolean {
    if (text !== this.#text) this.#ask(text);
    let found = 0;
    let unknown: string[] | null = null;
    for (const each of texts) {
      if (each === null) continue;
      const known = this.#terms.known(String(each));
      if (known === null) (unknown ??= []).push(String(each));
      else found |= this.#foundIn(known);
    }
    for (const terms of unknown === null ? [] : this.#terms.of(unknown)) found |= this.#foundIn(terms);
    return found !== 0 && found === 2 ** this.#words.length - 1;
  }

  termsOf(text: string): readonly string[] {
    return this.#terms.of([text]).flatMap(({ written }) => written.split('\u0000').filter((term) => term !== ''));
  }

  #ask(text: string): void {
    const words = this.#terms.of(wordsOf(text)).filter(({ written }) => /[^\0]/.test(written));
    if (words.length > WORDS_MAX) throw new Error(`a text has at most ${WORDS_MAX} words, got ${words.length}`);
    this.#words = words;
    this.#number += 1;
    this.#text = text;
  }

  #foundIn(terms: Terms): number {
    if (terms.asked === this.#number) return terms.has;
    terms.asked = this.#number;
    terms.has = 0;
    for (const [at, { written }] of this.#words.entries()) if (terms.written.includes(written)) terms.has |= 1 << at;
    return terms.has;
  }
}
