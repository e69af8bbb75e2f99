import { IMPORT_LINE_BYTES_MAX, IMPORT_V1_BYTES_MAX } from '../../model/limits.ts';
import type { RecordedEvent } from '../../model/recorded-event.ts';
import type { AsciicastHeader } from './asciicast-header.ts';
import { readAsciicastHeader } from './asciicast-header.ts';
import type { AsciicastCounts } from './event-reader.ts';
import { EventReader } from './event-reader.ts';
import { HeldBytes } from './held-bytes.ts';
import type { Line } from './lines.ts';
import { Lines } from './lines.ts';
import { NotARecording } from './not-a-recording.ts';

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
type Begun = { readonly header: AsciicastHeader; readonly events: EventReader };

/** Events of version 1 that are handed on at once. */
const GROUP_EVENTS = 1000;

/** Without ignoreBOM: a byte order mark at the file's begin is passed over. */
const decoder = new TextDecoder('utf-8');
const lineDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * An asciicast of version 1, 2 or 3 that is being read. Whoever opened it reads `groups` to the end or disposes it; both
 * close the source.
 */
export class AsciicastReader implements AsyncDisposable {
  readonly header: AsciicastHeader;
  readonly #events: EventReader;
  readonly #groups: AsyncGenerator<Begun | readonly RecordedEvent[], void, void>;

  constructor(begun: Begun, groups: AsyncGenerator<Begun | readonly RecordedEvent[], void, void>) {
    this.header = begun.header;
    this.#events = begun.events;
    this.#groups = groups;
  }

  /** What was read until now. */
  get counts(): AsciicastCounts {
    return this.#events.counts;
  }

  /**
   * The events, in groups as the source's pieces hold them; can be read once. Times never decrease.
   * @throws NotARecording at the line that is none
   */
  async *groups(): AsyncGenerator<readonly RecordedEvent[], void, void> {
    for await (const group of this.#groups) if (!('header' in group)) yield group;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#groups.return();
  }
}

/**
 * Reads the header of an asciicast; its events are read from what is returned, in memory that does not grow with the file
 * (but for version 1, which is one JSON document).
 * @param pieces the file's bytes, decompressed, cut anywhere. @throws NotARecording
 */
export const openAsciicast = async (pieces: Pieces): Promise<AsciicastReader> => {
  const groups = read(pieces);
  const first = await groups.next();
  if (first.done === true || !('header' in first.value)) throw new NotARecording('the file is empty', null);
  return new AsciicastReader(first.value, groups);
};

/** First the header, then the events in groups. */
async function* read(pieces: Pieces): AsyncGenerator<Begun | readonly RecordedEvent[], void, void> {
  const lines = new Lines(IMPORT_V1_BYTES_MAX);
  const opening = new Opening();
  let begun: Begun | null = null;
  for await (const piece of pieces) {
    const group: RecordedEvent[] = [];
    for (const line of lines.push(piece)) {
      if (begun !== null) {
        group.push(...readLine(begun, line));
        continue;
      }
      begun = opening.push(line);
      if (begun === null) continue;
      lines.bytesMax = IMPORT_LINE_BYTES_MAX;
      yield begun;
    }
    if (group.length > 0) yield group;
  }
  for (const line of lines.end()) {
    if (begun !== null) yield readLine(begun, line);
    else {
      begun = opening.push(line);
      if (begun !== null) yield begun;
    }
  }
  if (begun === null) yield* readDocument(opening.document());
  else yield begun.events.end();
}

const readLine = (begun: Begun, line: Line): readonly RecordedEvent[] => {
  const text = lineDecoder.decode(line.bytes);
  if (text.trim() === '' || (begun.header.version === 3 && text.startsWith('#'))) return [];
  return begun.events.read(parseLine(text, line.number), line.number);
};

const parseLine = (text: string, line: number): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotARecording('not JSON', line);
  }
};

/** Finds out from the first lines which version it is: a header line, or a document that may have many lines. */
class Opening {
  readonly #held = new HeldBytes();
  #firstLine = 0;

  /** Null while it may be a document of version 1. */
  push(line: Line): Begun | null {
    if (this.#firstLine !== 0) {
      this.#hold(line);
      return null;
    }
    const text = decoder.decode(line.bytes);
    if (text.trim() === '') return null;
    this.#firstLine = line.number;
    const value = parseOrNull(text);
    const isDocument = value === null ? text.trimStart().startsWith('{') : Object(value).version === 1;
    if (isDocument) {
      this.#hold(line);
      return null;
    }
    if (line.bytes.length > IMPORT_LINE_BYTES_MAX) {
      throw new NotARecording(`the line has more than ${IMPORT_LINE_BYTES_MAX} bytes`, line.number);
    }
    const header = readAsciicastHeader(value, line.number);
    return { header, events: new EventReader(header.version) };
  }

  /** The whole, when no header line came. */
  document(): Readonly<Record<string, unknown>> {
    if (this.#firstLine === 0) throw new NotARecording('the file is empty', null);
    const value = parseOrNull(decoder.decode(this.#held.take()));
    if (value === null) {
      throw new NotARecording(
        'not an asciicast: neither the first line nor the whole file is a JSON object (or it is cut off)',
        this.#firstLine,
      );
    }
    return Object(value);
  }

  #hold(line: Line): void {
    if (this.#held.size + line.bytes.length >= IMPORT_V1_BYTES_MAX) {
      const reason = `no header line, and for an asciicast of version 1 more than ${IMPORT_V1_BYTES_MAX} bytes`;
      throw new NotARecording(reason, this.#firstLine);
    }
    this.#held.push(line.bytes);
    this.#held.push(lineEnd);
  }
}

const lineEnd = Uint8Array.of(0x0a);

const parseOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text) ?? false;
  } catch {
    return null;
  }
};

async function* readDocument(
  document: Readonly<Record<string, unknown>>,
): AsyncGenerator<Begun | readonly RecordedEvent[], void, void> {
  const header = readAsciicastHeader(document, null);
  if (header.version !== 1) {
    throw new NotARecording(`an asciicast of version ${header.version} has its header in one line`, null);
  }
  const stdout = document['stdout'];
  if (!Array.isArray(stdout)) throw new NotARecording('stdout is not a list of events', null);
  const events = new EventReader(1);
  yield { header, events };
  for (let at = 0; at < stdout.length; at += GROUP_EVENTS) {
    yield stdout.slice(at, at + GROUP_EVENTS).flatMap((item: unknown, offset) => {
      const name = `stdout[${at + offset}]: `;
      if (!Array.isArray(item) || item.length !== 2) throw new NotARecording(`${name}not an event [delay, data]`, null);
      return events.read([item[0], 'o', item[1]], null, name);
    });
  }
  yield events.end();
}
