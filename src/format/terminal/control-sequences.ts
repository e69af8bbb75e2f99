/**
 * The control sequences that a recording may send to a person's terminal: those that draw. Nothing that asks the terminal
 * something, that sets its title, clipboard, keys, mouse or window, or that stays when the drawing is gone. Names and
 * meanings are those of ECMA-48 and of xterm's "Control Sequences".
 */

/** A sequence after ESC [: `prefix` is one of `<=>?` or nothing. */
export type ControlSequence = {
  readonly prefix: string;
  /** Digits, semicolons and colons. */
  readonly parameters: string;
  readonly intermediates: string;
  readonly final: string;
};

/** With more parameters a sequence draws nothing that programs draw. */
export const PARAMETERS_MAX = 16;
/** No screen has as many cells in a row. */
export const PARAMETER_MAX = 9999;

/** Private modes that draw: reversed screen, origin, wrapping, the cursor, reverse wrapping, the other screen. */
const privateModes: ReadonlySet<number> = new Set([5, 6, 7, 25, 45, 47, 1047, 1048, 1049]);
/** Inserting. Automatic newline, which changes what the Enter key sends, is none of them. */
const ansiModes: ReadonlySet<number> = new Set([4]);
/** Erasing what scrolled off is not a recording's to do. */
const erasures: ReadonlySet<number> = new Set([0, 1, 2]);

/** Cursor, editing, erasing, scrolling, tabulators, repetition, margins: all of their parameters are counts and places. */
const drawing = new Set('@ABCDEFGHIKLMPSXZ`abdefgr');
/** The same with something before the final character: scrolling sideways, columns, soft reset, protection. */
const drawingWith = new Set([' @', ' A', "'}", "'~", '!p', '"q']);

/** The numbers of a parameter text: an empty one is 0. Null when there are too many, or one is too large. */
const numbersOf = (parameters: string): readonly number[] | null => {
  const numbers = parameters.split(/[;:]/).map(Number);
  return numbers.length > PARAMETERS_MAX || numbers.some((number) => number > PARAMETER_MAX) ? null : numbers;
};

/** One sequence for each number that is among the allowed ones. */
const each = (numbers: readonly number[], allowed: ReadonlySet<number>, before: string, final: string): string =>
  numbers.map((number) => (allowed.has(number) ? `\u001b[${before}${number}${final}` : '')).join('');

/** What may be sent for the sequence: itself, a part of it, or nothing. */
export const allowedSequence = ({ prefix, parameters, intermediates, final }: ControlSequence): string => {
  const numbers = numbersOf(parameters);
  if (numbers === null || (parameters.includes(':') && final !== 'm')) return '';
  if (intermediates !== '') {
    const isDrawing = prefix === '' && drawingWith.has(`${intermediates}${final}`);
    return isDrawing ? `\u001b[${parameters}${intermediates}${final}` : '';
  }
  if (prefix === '?') return privateSequence(numbers, final);
  if (prefix !== '') return '';
  if (drawing.has(final) || final === 'm') return `\u001b[${parameters}${final}`;
  if (final === 'J') return each(numbers, erasures, '', 'J');
  if (final === 'h' || final === 'l') return each(numbers, ansiModes, '', final);
  // NOTE with more parameters T tracks the mouse, and with any s sets margins and u the keyboard.
  if (final === 'T') return numbers.length === 1 ? `\u001b[${parameters}T` : '';
  return (final === 's' || final === 'u') && parameters === '' ? `\u001b[${final}` : '';
};

const privateSequence = (numbers: readonly number[], final: string): string => {
  if (final === 'h' || final === 'l') return each(numbers, privateModes, '?', final);
  return final === 'J' || final === 'K' ? each(numbers, erasures, '?', final) : '';
};

/** After ESC alone: save and restore the cursor, line feeds, a tabulator, and shifts between character sets. */
const escapes = new Set('78DEHMno|}~');
/** What the terminal would do for ESC c, but for forgetting what scrolled off: screen, modes, attributes, character sets. */
const AS_RESET = '\u001b[?1047l\u001b[!p\u001b[m\u001b(B\u000f\u001b[r\u001b[?6l\u001b[?7h\u001b[?25h\u001b[H\u001b[2J';

/** What may be sent for ESC, `intermediates` and `final`: itself, something that draws the same, or nothing. */
export const allowedEscape = (intermediates: string, final: string): string => {
  if (intermediates === '') return final === 'c' ? AS_RESET : escapes.has(final) ? `\u001b${final}` : '';
  const isCharacterSet = /^[()*+\-./]$/.test(intermediates) && /^[0-9A-Z<=>`]$/.test(final);
  const isLine = intermediates === '#' && /^[34568]$/.test(final);
  return isCharacterSet || isLine ? `\u001b${intermediates}${final}` : '';
};
