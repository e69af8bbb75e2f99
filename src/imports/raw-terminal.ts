import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { readRawSize, sizeNameOf } from '../format/raw-terminal/raw-size.ts';
import { WholeCharacters } from '../format/raw-terminal/whole-characters.ts';
import { PulledBytes } from '../format/pulled-bytes.ts';
import { contentKey } from './content-key.ts';
import type { ImportFormat, ImportGiven } from './import-format.ts';
import type { ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';
import { readSmallText } from './source-head.ts';
import { type TerminalSize, terminalSession } from './terminal-session.ts';
import { TerminalTrack } from './terminal-track.ts';

/** Bytes of one event. */
const PIECE_BYTES = 64 * 1024;

/**
 * Bytes that a terminal was sent, without times: all of it is at the begin. The size comes from a `size.json` beside it, or from
 * the caller; only with one of these are bytes taken for a terminal's.
 */
export const rawTerminalFormat: ImportFormat = {
  name: 'raw-terminal',
  title: 'raw terminal bytes with a size',
  recognises: ({ name, siblings }) => siblings.has(sizeNameOf(name) ?? ''),
  isCompanion: ({ name, siblings }) => name.endsWith('size.json') && sizeNamesOf(siblings).has(name),
  read,
};

/** By a folder's names: every file of a folder asks. */
const sizeNames = new WeakMap<ReadonlySet<string>, ReadonlySet<string | null>>();

/** The names of size files that the recordings of a folder may have. */
const sizeNamesOf = (siblings: ReadonlySet<string>): ReadonlySet<string | null> => {
  const names = sizeNames.get(siblings) ?? new Set([...siblings].map(sizeNameOf));
  sizeNames.set(siblings, names);
  return names;
};

async function* read(source: ImportSource, given: ImportGiven): AsyncGenerator<ImportStep, void, void> {
  const size = await sizeBeside(source);
  if (size === null && (given.columns === undefined || given.rows === undefined)) {
    throw new NotARecording('raw terminal bytes need a size: size.json beside them, or --columns and --rows', null);
  }
  const key = await contentKey([source], given);
  const session = terminalSession({ startedAtMs: null, size, labels: { times: 'none' } }, source, given);
  yield { kind: 'open', key, session };
  const track = new TerminalTrack(key);
  await using pulled = new PulledBytes(source.open());
  yield* rawEvents(pulled, 0, track);
  yield* track.close(session.startedAtMs);
}

const sizeBeside = async (source: ImportSource): Promise<TerminalSize | null> => {
  const name = sizeNameOf(source.fileName);
  const file = name === null ? null : source.sibling(name);
  if (file === null || name === null) return null;
  const size = readRawSize((await readSmallText(file)) ?? '');
  if (size === null) throw new NotARecording(`${name} beside it has no columns and rows`, null);
  return size;
};

/** Output of one moment. No event but the last ends inside a character. */
export async function* rawEvents(
  pulled: PulledBytes,
  timeUs: number,
  track: TerminalTrack,
): AsyncGenerator<ImportStep, void, void> {
  const characters = new WholeCharacters();
  for (let piece = await pulled.next(PIECE_BYTES); piece !== null; piece = await pulled.next(PIECE_BYTES)) {
    const bytes = characters.push(piece);
    if (bytes.length > 0) yield* track.add(timeUs, 'o', bytes);
  }
  const rest = characters.end();
  if (rest.length > 0) yield* track.add(timeUs, 'o', rest);
}
