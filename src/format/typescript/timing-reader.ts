import { LINE_TOO_LONG, readLogLines } from '../lines/log-lines.ts';
import { NotARecording } from '../asciicast/not-a-recording.ts';
import { readTimingEntry, type TimingEntry } from './timing-entry.ts';

/** A header's value is of several lines where the command is; no more than this is kept of it. */
const VALUE_LENGTH_MAX = 16 * 1024;

/**
 * The entries of a timing file, in groups. A last line that nothing ends may be torn, and is then passed over.
 * @throws NotARecording at a line that is none
 */
export async function* readTiming(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly TimingEntry[], void, void> {
  const held = new HeldHeader();
  let torn: { readonly line: number; readonly reason: string } | null = null;
  for await (const lines of readLogLines(pieces)) {
    const entries: TimingEntry[] = [];
    for (const { number, text } of lines) {
      if (torn !== null) throw new NotARecording(torn.reason, torn.line);
      const entry = text === null ? null : readTimingEntry(text);
      if (entry !== null) held.pass(entry, entries);
      else if (text === null) throw new NotARecording(LINE_TOO_LONG, number);
      else if (!held.goesOn(text) && text.trim() !== '') torn = { line: number, reason: 'not a line of timing' };
    }
    yield entries;
  }
  const last = held.end();
  if (last !== null) yield [last];
}

/** The header whose value may go on in the next line. */
class HeldHeader {
  #header: Extract<TimingEntry, { kind: 'header' }> | null = null;

  /** Adds the entry, behind the header that was held; a header is held itself. */
  pass(entry: TimingEntry, into: TimingEntry[]): void {
    if (this.#header !== null) into.push(this.#header);
    this.#header = entry.kind === 'header' ? entry : null;
    if (this.#header === null) into.push(entry);
  }

  /** The header that is held at the end. */
  end(): TimingEntry | null {
    return this.#header;
  }

  /** A line that is no entry. @returns whether it is part of the header's value */
  goesOn(text: string): boolean {
    if (this.#header === null) return false;
    if (this.#header.value.length >= VALUE_LENGTH_MAX) return true;
    const value = `${this.#header.value}\n${text}`.slice(0, VALUE_LENGTH_MAX);
    this.#header = { ...this.#header, value };
    return true;
  }
}
