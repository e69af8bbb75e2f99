import { readFileSync, readdirSync } from 'node:fs';

/** What a terminal showed at a moment. */
type Output = { readonly gapMs: number; readonly text: string };

const sampleFolder = new URL('../../data/samples/', import.meta.url);

/** Events of one passage: long enough to look like work, short enough that no passage dominates a recording. */
const PASSAGE_EVENTS_MAX = 200;
/** As players do: nobody waits longer for a thing in a bench either. */
const GAP_MS_MAX = 5000;

/**
 * A terminal recording as asciicast v2, line by line: passages of the shipped samples in an order that the seed draws.
 * In each passage letters and digits outside of escape sequences are exchanged by a table of its own, so that a passage
 * compresses like the real thing, and yet not because it was there before.
 *
 * The same seed and size are the same bytes. Ends with the event at which the output reaches `rawBytes`.
 */
export function* castLines(seed: number, rawBytes: number): Generator<string, void, void> {
  const random = seededRandom(seed);
  const samples = readSamples();
  yield `${JSON.stringify({ version: 2, width: 160, height: 50, timestamp: 1_750_000_000 })}\n`;
  let [bytes, timeMs] = [0, 0];
  while (bytes < rawBytes) {
    for (const { gapMs, text } of drawPassage(samples, random)) {
      timeMs += gapMs;
      bytes += Buffer.byteLength(text);
      yield `${JSON.stringify([timeMs / 1000, 'o', text])}\n`;
      if (bytes >= rawBytes) return;
    }
  }
}

/** Numbers from 0 to 1, without 1: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function* drawPassage(samples: readonly (readonly Output[])[], random: () => number): Generator<Output, void, void> {
  const sample = samples[Math.floor(random() * samples.length)] ?? [];
  const start = Math.floor(random() * sample.length);
  const table = drawTable(random);
  for (const { gapMs, text } of sample.slice(start, start + PASSAGE_EVENTS_MAX)) {
    yield { gapMs: Math.round(gapMs * (0.5 + random())), text: exchange(text, table) };
  }
}

// oxlint-disable-next-line no-control-regex -- they are what it looks for
const escapeSequence = /(\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[^[\]]))/;

/** Every second part is an escape sequence, and stays. */
const exchange = (text: string, table: ReadonlyMap<string, string>): string =>
  text
    .split(escapeSequence)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replaceAll(/[a-z0-9]/g, (letter) => table.get(letter) ?? letter),
    )
    .join('');

function drawTable(random: () => number): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const alphabet of ['abcdefghijklmnopqrstuvwxyz', '0123456789']) {
    const letters = [...alphabet];
    const drawn = letters.map((letter) => ({ letter, rank: random() })).toSorted((a, b) => a.rank - b.rank);
    for (const [index, { letter }] of drawn.entries()) table.set(letters[index] ?? letter, letter);
  }
  return table;
}

const readSamples = (): readonly (readonly Output[])[] =>
  readdirSync(sampleFolder)
    .filter((name) => name.endsWith('.cast'))
    .toSorted()
    .map((name) => readOutputs(readFileSync(new URL(name, sampleFolder), 'utf8')));

/** asciicast v2 tells times from the start, v3 from the event before. */
function readOutputs(cast: string): readonly Output[] {
  const [head = '', ...lines] = cast.split('\n').filter((line) => line !== '');
  const { version } = JSON.parse(head) as { readonly version: number };
  let lastMs = 0;
  return lines.flatMap((line) => {
    const [seconds, code, data] = JSON.parse(line) as [number, string, string];
    const gapMs = version === 3 ? seconds * 1000 : seconds * 1000 - lastMs;
    lastMs += gapMs;
    return code === 'o' ? [{ gapMs: Math.min(Math.max(0, Math.round(gapMs)), GAP_MS_MAX), text: data }] : [];
  });
}
