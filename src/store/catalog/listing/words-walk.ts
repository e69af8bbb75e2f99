import { type RawBuilder, sql, type SqlBool } from 'kysely';
import { wordsOf } from '../../../model/filter-text.ts';
import { RecentTexts } from '../recent-texts.ts';
import { build, type Statements } from '../statements.ts';
import type { PositionWalk } from './position-walk.ts';
import { matchExpression } from './match-expression.ts';

/**
 * The ways to the sessions that have a text's words.
 * NOTE asked for several terms, FTS5 looks where it is only when it has found a session that has all: where they do not meet
 * it walks through all that has the rarest of them, whatever range or limit it was given. Asked for one term it does stop.
 */
export type WordsWalks = {
  /** The sessions of each term. */
  readonly terms: readonly PositionWalk[];
  /** Those that have all that is asked, where some term has few, or up to one that is known to be one of them. */
  readonly all: PositionWalk;
  /** Those that have all terms, in an interval where none has many: they are read, and what is in all of them is kept. */
  readonly common: PositionWalk;
};

const matches = (expression: string): RawBuilder<SqlBool> => sql`session_words MATCH ${expression}`;

/** Of texts that were asked for lately, over each connection. */
const known = new WeakMap<Statements, RecentTexts<WordsWalks>>();
const KNOWN_BYTES_MAX = 1024 * 1024;
/** Letters that take as much room as a walk. */
const WALK_LETTERS = 1_000;

/** @param text null: no words are asked for, and there is no such way */
export const wordsWalks = (statements: Statements, text: string | null): WordsWalks | null => {
  if (text === null) return null;
  const recent = known.get(statements) ?? new RecentTexts(KNOWN_BYTES_MAX);
  known.set(statements, recent);
  const before = recent.get(text);
  if (before !== undefined) return before;
  const walks = makeWalks(statements, text);
  recent.keep(text, walks, text.length + WALK_LETTERS * (walks.terms.length + 1));
  return walks;
};

const makeWalks = (statements: Statements, text: string): WordsWalks => {
  const words = wordsOf(text).map((word) => termsOf(statements, word));
  const terms = [...new Set(words.flat())].map((term) => matches(matchExpression(term)));
  const [first, ...others] = terms;
  const all = walkOf([matches(matchExpression(text))], true);
  // What is asked of a word with several terms is that they follow each other.
  const isAll = words.every((inWord) => inWord.length <= 1);
  return {
    terms: terms.map((term) => walkOf([term], isAll && others.length === 0)),
    all,
    common: first === undefined ? all : { ...walkOf([first], isAll), alsoMeets: others },
  };
};

const termsOf = (statements: Statements, word: string): readonly string[] => {
  const asked = sql<{ readonly terms: string }>`SELECT terms_of(${word}) AS terms`;
  const row = statements.get({ compile: () => asked.compile(build) });
  return JSON.parse(row?.terms ?? '[]') as readonly string[];
};

const walkOf = (where: readonly RawBuilder<SqlBool>[], isAll: boolean): PositionWalk => ({
  position: '-rowid',
  covers: isAll ? ['text'] : [],
  branches: [{ from: 'session_words', where }],
});
