import { TextCarry } from '../utf8-carry.ts';
import { allowedEscape, allowedSequence } from './control-sequences.ts';

/** A sequence that is longer is dropped: none that draws is. */
export const SEQUENCE_LENGTH_MAX = 4096;

/** Whether a bell may be heard now: whoever plays knows what time it is. */
export type MayRing = () => boolean;

type State = 'ground' | 'escape' | 'sequence' | 'string';

// oxlint-disable-next-line no-control-regex -- control characters are what this ends at
const printableRun = /[^\u0000-\u001f\u007f-\u009f]+/y;
// oxlint-disable-next-line no-control-regex -- what ends a string of the terminal's, or is part of it
const insideString = /[^\u0007\u0018\u001a\u001b\u0080-\u009f]+/y;
const sequenceParts = /^([<=>?]?)([0-9;:]*)([ -/]*)$/;

/** Backspace, tabulator, line feeds, carriage return, and the shifts between two character sets. */
const drawingControls = new Set('\b\t\n\u000b\f\r\u000e\u000f');
/** What begins a string that is not shown: DCS, SOS, OSC, PM, APC. */
const stringStarts = new Set('PX]^_');
const CANCELS = new Set('\u0018\u001a');

/**
 * Terminal output as it may be sent to a person's terminal: text and what draws, and nothing else of what a terminal obeys.
 * Takes bytes in any pieces: however they are cut, what comes out is the same. Bytes that are no UTF-8 become U+FFFD, and
 * the control characters U+0080 to U+009F are what ESC and a letter say in their place.
 */
export class TerminalFilter {
  readonly #mayRing: MayRing;
  readonly #carry = new TextCarry();
  #state: State = 'ground';
  /** Of a sequence or an escape, what follows ESC or ESC [. */
  #held = '';
  /** The sequence is too long: it is read to its end, and dropped. */
  #isTooLong = false;
  /** A string that BEL ends. */
  #endsAtBell = false;

  constructor(mayRing: MayRing = () => true) {
    this.#mayRing = mayRing;
  }

  /** What may be sent of the bytes, with what they end that began before. */
  write(bytes: Uint8Array): string {
    const text = this.#carry.decode(bytes);
    let out = '';
    let at = 0;
    while (at < text.length) {
      const run = this.#runAt(text, at);
      if (run > at) {
        if (this.#state === 'ground') out += text.slice(at, run);
        at = run;
      } else {
        out += this.#take(text.charAt(at));
        at += 1;
      }
    }
    return out;
  }

  /** Where what needs no looking at ends: text in the ground state, the inside of a string. */
  #runAt(text: string, at: number): number {
    const pattern = this.#state === 'ground' ? printableRun : this.#state === 'string' ? insideString : null;
    if (pattern === null) return at;
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : at;
  }

  #take(character: string): string {
    const code = character.charCodeAt(0);
    if (character === '\u001b') return this.#enter('escape');
    if (CANCELS.has(character)) return this.#enter('ground');
    // A control character of two bytes says what ESC and a letter say.
    if (code >= 0x80 && code <= 0x9f) {
      this.#enter('escape');
      return this.#takeEscape(String.fromCharCode(code - 0x40));
    }
    if (this.#state === 'string') {
      return character === '\u0007' && this.#endsAtBell ? this.#enter('ground') : '';
    }
    if (code < 0x20) return this.#control(character);
    if (code === 0x7f) return '';
    if (code > 0x9f) {
      this.#enter('ground');
      return character;
    }
    return this.#state === 'escape' ? this.#takeEscape(character) : this.#takeSequence(character);
  }

  /** Obeyed at once, also in the middle of a sequence, as terminals do. */
  #control(character: string): string {
    if (drawingControls.has(character)) return character;
    return character === '\u0007' && this.#mayRing() ? character : '';
  }

  #enter(state: State): '' {
    this.#state = state;
    this.#held = '';
    this.#isTooLong = false;
    return '';
  }

  #takeEscape(character: string): string {
    if (this.#held === '' && character === '[') return this.#enter('sequence');
    if (this.#held === '' && stringStarts.has(character)) {
      this.#endsAtBell = character === ']';
      return this.#enter('string');
    }
    if (character <= '/') return this.#hold(character);
    const allowed = this.#isTooLong ? '' : allowedEscape(this.#held, character);
    this.#enter('ground');
    return allowed;
  }

  #takeSequence(character: string): string {
    if (character < '@') return this.#hold(character);
    const parts = this.#isTooLong ? null : sequenceParts.exec(this.#held);
    this.#enter('ground');
    if (parts === null) return '';
    const [, prefix = '', parameters = '', intermediates = ''] = parts;
    return allowedSequence({ prefix, parameters, intermediates, final: character });
  }

  #hold(character: string): '' {
    if (this.#held.length < SEQUENCE_LENGTH_MAX) this.#held += character;
    else this.#isTooLong = true;
    return '';
  }
}
