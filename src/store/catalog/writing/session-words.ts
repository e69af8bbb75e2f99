import { wordColumns } from '../has-words.ts';
import type { WriteContext } from './write-context.ts';

/**
 * Adds the words of the sessions that this commit added to the index that finds sessions by them.
 * NOTE at the end of the commit, and all at once: FTS5 writes what it has whenever a savepoint begins, and a session at a
 * time took as long again as all else about opening it. Newest first, for so its row numbers grow: where they do not, FTS5
 * writes what it has, too.
 */
export const addSessionWords = (context: WriteContext): void => {
  const positions = context.takeNewSessions();
  if (positions.length === 0) return;
  context.run(
    `INSERT INTO session_words (rowid, ${wordColumns})
     SELECT -position, ${wordColumns} FROM session_texts WHERE position IN (SELECT value FROM json_each(?))
     ORDER BY position DESC`,
    JSON.stringify(positions),
  );
};
