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

/** A LineWriter that holds lines back: many may be left after the last event. */
export type HoldingLineWriter = Omit<LineWriter, 'tail'> & { tail(): Iterable<string> };

/**
 * The lines in pieces of at most about 64 KiB; one run in memory at a time, read when the piece before was taken. What there is
 * of lines is handed on before the next run is waited for, which may not have happened yet.
 */
export async function* linePieces(
  runs: AsyncIterable<Run> | Iterable<Run>,
  writer: LineWriter | HoldingLineWriter,
): AsyncGenerator<string, void, void> {
  const head = writer.head();
  if (head !== '') yield head;
  for await (const run of runs) yield* pieces(writer.lines(run));
  const tail = writer.tail();
  yield* pieces(typeof tail === 'string' ? [tail] : tail);
}

function* pieces(lines: Iterable<string>): Generator<string, void, void> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
