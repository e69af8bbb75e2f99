import { IMPORT_LINE_BYTES_MAX } from '../../model/limits.ts';
import { LINE_TOO_LONG, type LogLine, readLogLines } from './log-lines.ts';

/** A JSON value of a log, and the line at which it begins; or why there is none. */
export type JsonDocument =
  | { readonly line: number; readonly value: unknown; readonly problem: null }
  | { readonly line: number; readonly problem: string };

const NOT_JSON = 'not JSON';
/** Documents that are handed on at once. */
const GROUP_MAX = 1000;

/**
 * JSON values of a log: one a line; or, from where a line is the beginning of a longer one, documents of many lines, each at
 * most IMPORT_LINE_BYTES_MAX characters. Lists are told item by item. A line that is none is told as a problem.
 */
export async function* readJsonDocuments(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly JsonDocument[], void, void> {
  let reader: LineReader | DocumentReader | null = null;
  for await (const lines of readLogLines(pieces)) {
    const documents: JsonDocument[] = [];
    for (const line of lines) {
      if (line.text?.trim() === '') continue;
      if (!(reader instanceof DocumentReader) && begins(line, reader === null)) reader = new DocumentReader();
      reader ??= new LineReader();
      for (const document of reader.push(line)) {
        documents.push(document);
        // One line may be a list of millions.
        if (documents.length >= GROUP_MAX) yield documents.splice(0);
      }
    }
    if (documents.length > 0) yield documents;
  }
  const rest = [...(reader?.end() ?? [])];
  if (rest.length > 0) yield rest;
}

/**
 * Whether a document of more lines begins here.
 * @param isFirst a first line may be any beginning of one; of a later one, which may be a line that was cut off, only a bracket is
 */
const begins = ({ text }: LogLine, isFirst: boolean): boolean => {
  if (text === null || !/^\s*[[{]/.test(text)) return false;
  if (!isFirst) return text.length < 1000 && /^[[{]$/.test(text.trim());
  return parse(text) === undefined && !new Depth().isClosedBy(text);
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

function* documentsOf(line: number, text: string): Generator<JsonDocument, void, void> {
  const value = parse(text);
  if (value === undefined) yield { line, problem: NOT_JSON };
  else if (Array.isArray(value))
    for (const item of value as readonly unknown[]) yield { line, value: item, problem: null };
  else yield { line, value, problem: null };
}

class LineReader {
  push({ number, text }: LogLine): Iterable<JsonDocument> {
    return text === null ? [{ line: number, problem: LINE_TOO_LONG }] : documentsOf(number, text);
  }

  end(): Iterable<JsonDocument> {
    return [];
  }
}

class DocumentReader {
  #texts: string[] = [];
  #size = 0;
  #firstLine = 0;
  #depth = new Depth();

  push({ number, text }: LogLine): Iterable<JsonDocument> {
    if (this.#texts.length === 0) this.#firstLine = number;
    this.#texts.push(text ?? '');
    this.#size += (text ?? '').length + 1;
    if (text === null || this.#size > IMPORT_LINE_BYTES_MAX) return this.#refuse(LINE_TOO_LONG);
    return this.#depth.isClosedBy(text) ? this.end() : [];
  }

  end(): Iterable<JsonDocument> {
    const text = this.#texts.join('\n');
    const line = this.#firstLine;
    this.#forget();
    return text.trim() === '' ? [] : documentsOf(line, text);
  }

  #refuse(problem: string): readonly JsonDocument[] {
    const line = this.#firstLine;
    this.#forget();
    return [{ line, problem }];
  }

  #forget(): void {
    this.#texts = [];
    this.#size = 0;
    this.#depth = new Depth();
  }
}

/** How deep in brackets a text is, outside of its strings. */
class Depth {
  #depth = 0;
  #isInString = false;

  /** Takes more of the text. @returns whether every bracket is closed behind it */
  isClosedBy(text: string): boolean {
    for (const [token] of text.matchAll(/\\.|["[\]{}]/g)) {
      if (token.startsWith('\\')) continue;
      if (token === '"') this.#isInString = !this.#isInString;
      else if (!this.#isInString) this.#depth += token === '[' || token === '{' ? 1 : -1;
    }
    return this.#depth <= 0 && !this.#isInString;
  }
}
