import { HeldBytes } from '../asciicast/held-bytes.ts';
import { NotARecording } from '../asciicast/not-a-recording.ts';

/** An item of the list. */
export type CutItem = {
  readonly value: unknown;
  /** Where it begins in the document; from 1. */
  readonly line: number;
};

/** What a cutter takes. Beyond it the document is refused. */
export type CutLimits = {
  readonly itemBytesMax: number;
  /** Of all that is not an item of the list. */
  readonly restBytesMax: number;
  /** Objects and lists within one another. */
  readonly depthMax: number;
};

const [QUOTE, BACKSLASH, COMMA, COLON, LINE_FEED] = [0x22, 0x5c, 0x2c, 0x3a, 0x0a];
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d];
/** Bytes of a name that are looked at. */
const NAME_BYTES_MAX = 64;

/** What is no UTF-8 becomes U+FFFD. Without ignoreBOM: a byte order mark before the document is passed over. */
const decoder = new TextDecoder('utf-8');

const isSpace = (byte: number): boolean => byte === 0x20 || byte === LINE_FEED || byte === 0x0d || byte === 0x09;

/**
 * Reads a JSON document of any size, of which one list may have any number of items: cuts the items out as they come, one
 * in memory at a time, and gives each to JSON.parse. It knows no more of JSON than where texts, lists and maps begin and end;
 * what else there is to be wrong, JSON.parse finds, in the items and in the rest.
 *
 * Why not a parser that streams: @streamparser/json takes 5, stream-json 20 times as long for the same file, and neither
 * bounds how long a text is or how deep values nest.
 */
export class ListCutter {
  readonly #path: readonly string[];
  readonly #limits: CutLimits;
  readonly #item = new HeldBytes();
  readonly #rest = new HeldBytes();
  /** Names that lead to where it is, from the outermost. */
  readonly #names: string[] = [];
  #name = '';
  #depth = 0;
  #line = 1;
  /** Of the item's first byte that is no space; 0 until it came. */
  #itemLine = 0;
  #itemCount = 0;
  #isText = false;
  #isEscaped = false;
  #isInList = false;

  /** @param path names of the maps, from the outermost, and of the list */
  constructor(path: readonly string[], limits: CutLimits) {
    this.#path = path;
    this.#limits = limits;
  }

  /** The items that end in this piece. @throws NotARecording naming the line */
  *push(piece: Uint8Array): Generator<CutItem, void, void> {
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      if (this.#isText) at = this.#passText(piece, at);
      const byte = piece[at];
      if (byte === undefined) break;
      if (byte === LINE_FEED) this.#line += 1;
      const isBetween = this.#isInList && this.#depth === this.#path.length;
      if (isBetween && (byte === COMMA || byte === CLOSE_LIST)) {
        this.#hold(piece.subarray(from, at));
        from = byte === COMMA ? at + 1 : at;
        if (byte === COMMA || !this.#isListEmpty()) yield this.#takeItem();
        if (byte === CLOSE_LIST) this.#leaveList();
      } else if (this.#step(byte, isBetween)) {
        this.#hold(piece.subarray(from, at + 1));
        from = at + 1;
        this.#isInList = true;
      } else if (this.#isInList && this.#itemLine === 0 && !isSpace(byte)) {
        this.#itemLine = this.#line;
      }
    }
    this.#hold(piece.subarray(from));
  }

  /** Nothing follows. @returns the document with an empty list. @throws NotARecording */
  end(): unknown {
    if (this.#depth > 0 || this.#isText) this.#refuse('the file ends in the midst of it');
    return this.#parse(this.#rest.take(), this.#line);
  }

  /** @returns where the byte is that follows the text, which may be beyond the piece */
  #passText(piece: Uint8Array, start: number): number {
    let at = start;
    for (; at < piece.length; at += 1) {
      const byte = piece[at] ?? 0;
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) {
        this.#isText = false;
        return at + 1;
      }
      if (this.#depth <= this.#path.length && this.#name.length < NAME_BYTES_MAX) {
        this.#name += String.fromCharCode(byte);
      }
    }
    return at;
  }

  /** Takes in a byte that is in no text. @returns whether the list begins behind it */
  #step(byte: number, isBetween: boolean): boolean {
    if (byte === QUOTE) {
      this.#isText = true;
      this.#name = '';
    } else if (byte === COLON) {
      if (this.#depth <= this.#path.length) this.#names[this.#depth - 1] = this.#name;
    } else if (byte === OPEN_MAP || byte === OPEN_LIST) {
      const isList = byte === OPEN_LIST && this.#isAtList();
      this.#depth += 1;
      if (this.#depth > this.#limits.depthMax) this.#refuse(`nested more than ${this.#limits.depthMax} deep`);
      if (!isList && this.#depth <= this.#path.length) this.#names[this.#depth - 1] = '';
      if (isList) this.#depth -= 1;
      return isList;
    } else if (byte === CLOSE_MAP || byte === CLOSE_LIST) {
      this.#depth -= 1;
      if (this.#depth < 0 || isBetween) this.#refuse('a bracket closes what was not open');
    }
    return false;
  }

  #isAtList(): boolean {
    return (
      !this.#isInList && this.#depth === this.#path.length && this.#path.every((name, at) => name === this.#names[at])
    );
  }

  #isListEmpty(): boolean {
    return this.#itemCount === 0 && this.#itemLine === 0;
  }

  #leaveList(): void {
    this.#isInList = false;
    this.#itemCount = 0;
    this.#item.take();
  }

  #takeItem(): CutItem {
    const line = this.#itemLine || this.#line;
    this.#itemLine = 0;
    this.#itemCount += 1;
    return { value: this.#parse(this.#item.take(), line), line };
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const held = this.#isInList ? this.#item : this.#rest;
    const bytesMax = this.#isInList ? this.#limits.itemBytesMax : this.#limits.restBytesMax;
    if (held.size + bytes.length > bytesMax) {
      const what = this.#isInList ? `an item of ${this.#path.join('.')}` : `what is beside ${this.#path.join('.')}`;
      throw new NotARecording(`${what} has more than ${bytesMax} bytes`, this.#itemLine || this.#line);
    }
    held.push(bytes);
  }

  #parse(bytes: Uint8Array, line: number): unknown {
    try {
      return JSON.parse(decoder.decode(bytes));
    } catch {
      throw new NotARecording('not JSON', line);
    }
  }

  #refuse(reason: string): never {
    throw new NotARecording(`not JSON: ${reason}`, this.#line);
  }
}
