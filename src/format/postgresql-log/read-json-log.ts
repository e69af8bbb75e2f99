import { NotARecording } from '../asciicast/not-a-recording.ts';
import type { JsonDocument } from '../lines/json-documents.ts';
import { type JsonLogLine, readJsonLogLine } from './jsonlog.ts';
import { fittingPrefixes, knownInnerPrefixes } from './known-prefixes.ts';
import type { LinePrefix } from './line-prefix.ts';
import type { LogItem } from './log-entry.ts';
import { TextLogEntries } from './text-log.ts';

/** Objects by which it is found out how the log is ordered, and what texts in it begin with. */
const FIRST_OBJECTS = 100;
/** Objects of a log whose newest comes first: it is turned around in memory … */
const NEWEST_FIRST_OBJECTS_MAX = 200_000;
/** … with this many characters. */
const NEWEST_FIRST_CHARACTERS_MAX = 64 * 1024 * 1024;

/**
 * The messages of a log in JSON, oldest first.
 * @param charactersMax of one message
 * @param prefix what texts begin with; null: one of those that are known
 * @throws NotARecording for a log whose newest line comes first and that is too long to be turned around
 */
export async function* readJsonLog(
  groups: AsyncIterable<readonly JsonDocument[]>,
  charactersMax: number,
  prefix: LinePrefix | null,
): AsyncGenerator<LogItem, void, void> {
  const first: JsonLogLine[] = [];
  let reader: ItemReader | null = null;
  for await (const documents of groups) {
    for (const document of documents) {
      const line = lineOf(document);
      if (reader !== null) yield* reader.push(line);
      else first.push(line);
      if (reader === null && first.length >= FIRST_OBJECTS) {
        reader = readerOf(first, charactersMax, prefix);
        for (const early of first) yield* reader.push(early);
      }
    }
  }
  if (reader === null) {
    reader = readerOf(first, charactersMax, prefix);
    for (const early of first) yield* reader.push(early);
  }
  yield* reader.end();
}

type ItemReader = {
  push(line: JsonLogLine): Iterable<LogItem>;
  end(): Iterable<LogItem>;
};

const lineOf = (document: JsonDocument): JsonLogLine =>
  document.problem === null
    ? readJsonLogLine(document.value, document.line)
    : { kind: 'skip', line: document.line, reason: document.problem };

const readerOf = (first: readonly JsonLogLine[], charactersMax: number, prefix: LinePrefix | null): ItemReader => {
  const texts = first.flatMap((line) => (line.kind === 'text' ? [line.text] : []));
  const prefixes = prefix === null ? fittingPrefixes(texts, knownInnerPrefixes) : [prefix];
  const inOrder = new InOrder(new TextLogEntries(prefixes, charactersMax));
  return isNewestFirst(first) ? new TurnedAround(inOrder) : inOrder;
};

const isNewestFirst = (lines: readonly JsonLogLine[]): boolean => {
  const times = lines.flatMap((line) =>
    line.kind === 'text' ? [line.atMs] : line.kind === 'entry' ? [line.entry.atMs] : [],
  );
  const isFalling = times.every((atMs, at) => at === 0 || atMs <= (times[at - 1] ?? 0));
  return isFalling && (times[0] ?? 0) > (times.at(-1) ?? 0);
};

class InOrder implements ItemReader {
  readonly #entries: TextLogEntries;

  constructor(entries: TextLogEntries) {
    this.#entries = entries;
  }

  *push(item: JsonLogLine): Generator<LogItem, void, void> {
    if (item.kind !== 'text') yield item;
    else {
      const outer = { atMs: item.atMs, yearlessTime: null, pid: null, isRest: false };
      yield* this.#entries.push({ text: item.text, number: item.line, outer });
    }
  }

  end(): Generator<LogItem, void, void> {
    return this.#entries.end();
  }
}

class TurnedAround implements ItemReader {
  readonly #inOrder: InOrder;
  readonly #lines: JsonLogLine[] = [];
  #characters = 0;

  constructor(inOrder: InOrder) {
    this.#inOrder = inOrder;
  }

  push(line: JsonLogLine): readonly LogItem[] {
    this.#lines.push(line);
    this.#characters += sizeOf(line);
    if (this.#lines.length <= NEWEST_FIRST_OBJECTS_MAX && this.#characters <= NEWEST_FIRST_CHARACTERS_MAX) return [];
    const limits = `${NEWEST_FIRST_OBJECTS_MAX} objects or ${NEWEST_FIRST_CHARACTERS_MAX} characters`;
    throw new NotARecording(`its newest line comes first, and it has more than ${limits}: turn it around first`, null);
  }

  *end(): Generator<LogItem, void, void> {
    for (const line of this.#lines.toReversed()) yield* this.#inOrder.push(line);
    yield* this.#inOrder.end();
  }
}

const sizeOf = (line: JsonLogLine): number => {
  if (line.kind === 'text') return line.text.length;
  if (line.kind === 'skip') return line.reason.length;
  const { message, detail, statement } = line.entry;
  return message.length + (detail?.length ?? 0) + (statement?.length ?? 0);
};
