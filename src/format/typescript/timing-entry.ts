import { isCells } from '../asciicast/asciicast-header.ts';

/** A line of a timing file of script(1), util-linux: delays are from the entry before, whatever its kind. */
export type TimingEntry =
  | { readonly kind: 'data'; readonly isInput: boolean; readonly delayUs: number; readonly size: number }
  /** SIGWINCH says the new size; other signals were sent to the program. */
  | {
      readonly kind: 'signal';
      readonly delayUs: number;
      readonly signal: string;
      readonly columns: number | null;
      readonly rows: number | null;
    }
  /** What was known when it began (TERM, COLUMNS, COMMAND …) and when it ended (DURATION, EXIT_CODE). */
  | { readonly kind: 'header'; readonly delayUs: number; readonly name: string; readonly value: string };

/** `delay bytes`, as script(1) wrote until util-linux 2.34; some locales write a comma, and some recorders an exponent. */
const classic = /^(\d{1,10}[.,]\d{1,18}|\d{1,3}(?:\.\d{1,18})?e[+-]?\d{1,2}) (\d{1,15})\s*$/i;
const advanced = /^([IOSH]) (\d{1,10}[.,]\d{1,9}) (.*)$/s;

/** @returns null for a line that is none */
export const readTimingEntry = (line: string): TimingEntry | null => {
  const old = classic.exec(line);
  if (old !== null) return { kind: 'data', isInput: false, delayUs: microseconds(old[1]), size: Number(old[2]) };
  const [, kind, delay, rest = ''] = advanced.exec(line) ?? [];
  const delayUs = microseconds(delay);
  if (kind === 'I' || kind === 'O') {
    return /^\d{1,15}\s*$/.test(rest) ? { kind: 'data', isInput: kind === 'I', delayUs, size: Number(rest) } : null;
  }
  const [, name, value = ''] = /^([A-Za-z_][\w+-]{0,63})(?: (.*))?$/s.exec(rest) ?? [];
  if (kind === undefined || name === undefined) return null;
  if (kind === 'H') return { kind: 'header', delayUs, name, value: value.trimEnd() };
  const columns = Number(/\bCOLS=(\d{1,5})\b/.exec(value)?.[1] ?? 0);
  const rows = Number(/\bROWS=(\d{1,5})\b/.exec(value)?.[1] ?? 0);
  const isSize = isCells(columns) && isCells(rows);
  return { kind: 'signal', delayUs, signal: name, columns: isSize ? columns : null, rows: isSize ? rows : null };
};

/** Microseconds, with a fraction where there is one, of decimal seconds. */
export const microseconds = (seconds: string | undefined): number => {
  const text = seconds ?? '0';
  const value = Number(text.includes(',') ? text.replace(',', '.') : text);
  return Math.min(value, SECONDS_MAX) * 1_000_000;
};

/** More is no delay that anybody can play. */
const SECONDS_MAX = 9_999_999_999;
