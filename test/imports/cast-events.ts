import { readFileSync } from 'node:fs';
import path from 'node:path';

/* Casts read by another way than the program's: JSON.parse of the whole, and times as exact decimals. */

/** One event as a cast has it. `timePs` is picoseconds from the recording's start, as exact as the file says it. */
export type CastEvent = { readonly timePs: bigint; readonly code: string; readonly payload: readonly unknown[] };

/** Picoseconds of a JSON number's text. */
const picoseconds = (text: string): bigint => {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) throw new Error(`no number: ${text}`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const shift = 12 - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return sign === '-' ? -value : value;
};

/** JSON, in which each number is its text. */
const parse = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown, context?: { readonly source: string }) =>
    typeof value === 'number' ? (context?.source ?? '') : value,
  );

type Tuple = readonly [time: string, code: string, data: unknown];

/** An event's line: its time as it is written there. */
const tupleOf = (line: string): Tuple => {
  const [, code, data] = JSON.parse(line) as [number, string, unknown];
  return [/^\s*\[\s*([^\s,]+)/.exec(line)?.[1] ?? '', code, data];
};

const payloadOf = (code: string, data: unknown): readonly unknown[] => {
  if (code === 'o' || code === 'i') return [Buffer.from(String(data)).toString('hex')];
  if (code === 'r') return String(data).split('x').map(Number);
  if (code === 'x') return [Number(data), null];
  return [data];
};

export const eventsOfCast = (file: string): readonly CastEvent[] => {
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const isDocument = path.extname(file) === '.json' || !/^\s*\{.*\}\s*$/.test(lines[0] ?? '') || lines.length === 1;
  const header = parse(isDocument ? text : (lines[0] ?? '')) as { version: string; stdout?: [string, string][] };
  const tuples =
    header.stdout?.map(([delay, data]): Tuple => [delay, 'o', data]) ??
    lines
      .slice(1)
      .filter((line) => !line.startsWith('#'))
      .map(tupleOf);
  let nowPs = 0n;
  return tuples.map(([time, code, data]) => {
    const givenPs = picoseconds(time);
    if (header.version === '2') nowPs = givenPs > nowPs ? givenPs : nowPs;
    else nowPs += givenPs > 0n ? givenPs : 0n;
    return { timePs: nowPs, code, payload: payloadOf(code, data) };
  });
};
