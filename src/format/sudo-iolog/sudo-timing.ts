import { isCells } from '../asciicast/asciicast-header.ts';
import { microseconds } from '../typescript/timing-entry.ts';

/** The files in which a sudo I/O log keeps the bytes of each kind. */
export const sudoStreams = ['stdin', 'stdout', 'stderr', 'ttyin', 'ttyout'] as const;
export type SudoStream = (typeof sudoStreams)[number];

/** A line of a sudo I/O log's timing file (sudoers_timing in plugins/sudoers/sudoers_io(5)): delays are from the line before. */
export type SudoTiming =
  | { readonly kind: 'data'; readonly stream: SudoStream; readonly delayUs: number; readonly size: number }
  | { readonly kind: 'size'; readonly delayUs: number; readonly rows: number; readonly columns: number }
  /** TSTP, CONT … without SIG. */
  | { readonly kind: 'suspend'; readonly delayUs: number; readonly signal: string };

/** By the first number of a line. 6 is what sudo 1.8.7 wrote for 4. */
const streams: Readonly<Record<string, SudoStream>> = {
  0: 'stdin',
  1: 'stdout',
  2: 'stderr',
  3: 'ttyin',
  4: 'ttyout',
  6: 'ttyout',
};

const pattern = /^([0-7]) +(\d{1,10}[.,]\d{1,9}) +(.+?)\s*$/;

/** No line of timing is longer. */
const LINE_LENGTH_MAX = 256;

/** @returns null for a line that is none */
export const readSudoTiming = (line: string): SudoTiming | null => {
  if (line.length > LINE_LENGTH_MAX) return null;
  const [, code = '', delay, rest = ''] = pattern.exec(line) ?? [];
  const delayUs = microseconds(delay);
  const stream = streams[code];
  if (stream !== undefined) {
    return /^\d{1,15}$/.test(rest) ? { kind: 'data', stream, delayUs, size: Number(rest) } : null;
  }
  if (code === '7') {
    return /^[A-Z0-9+-]{1,16}$/.test(rest) ? { kind: 'suspend', delayUs, signal: rest } : null;
  }
  const [, rows, columns] = /^(\d{1,5}) +(\d{1,5})$/.exec(rest)?.map(Number) ?? [];
  return code === '5' && isCells(rows) && isCells(columns) ? { kind: 'size', delayUs, rows, columns } : null;
};
