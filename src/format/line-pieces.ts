import type { Run } from '../model/run.ts';

/** Characters after which a piece is handed on: large enough that a socket's write costs little beside it. */
const PIECE_LENGTH = 64 * 1024;

/** Writes a recording as lines. Each method answers whole lines, with their ends. */
export type LineWriter = {
  /** Before the first event. */
  head(): string;
  lines(run: Run): Iterable<string>;
  /** After the last event. */
  tail(): string;
};

/**
 * The lines in pieces of at most about 64 KiB; one run in memory at a time, read when the piece before was taken. What there is
 * of lines is handed on before the next run is waited for, which may not have happened yet.
 */
export async function* linePieces(
  runs: AsyncIterable<Run> | Iterable<Run>,
  writer: LineWriter,
): AsyncGenerator<string, void, void> {
  let piece = '';
  const head = writer.head();
  if (head !== '') yield head;
  for await (const run of runs) {
    for (const line of writer.lines(run)) {
      piece += line;
      if (piece.length < PIECE_LENGTH) continue;
      yield piece;
      piece = '';
    }
    if (piece !== '') yield piece;
    piece = '';
  }
  piece += writer.tail();
  if (piece !== '') yield piece;
}
