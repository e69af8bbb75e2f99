import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { readInstant } from '../format/lines/log-time.ts';
import { isCells } from '../format/asciicast/asciicast-header.ts';
import { metaNameOf, outputNamesOf, outputNamesOfMeta, timingNamesOf } from '../format/typescript/companion-names.ts';
import { readStarted, type ScriptStarted } from '../format/typescript/script-lines.ts';
import { readTimingEntry } from '../format/typescript/timing-entry.ts';
import { readTypescriptMeta, type TypescriptMeta } from '../format/typescript/typescript-meta.ts';
import { contentKey } from './content-key.ts';
import type { ImportFormat, ImportGiven } from './import-format.ts';
import type { ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';
import { readHead, readSmallText } from './source-head.ts';
import { type FoundTerminal, terminalSession } from './terminal-session.ts';
import { playTypescript } from './typescript-play.ts';
import { summaryOf, type TypescriptSummary } from './typescript-summary.ts';

/**
 * Output of script(1), with its timing file beside it: `X` with `X.time`, `X.timing`, `X.tm`, a typescript with `timing`, or
 * what the caller names. Input is taken in where it was recorded. An output without times is all at the begin.
 */
export const typescriptFormat: ImportFormat = {
  name: 'typescript',
  title: 'script(1) output with timing',
  recognises: ({ name, bytes, siblings }) =>
    readStarted(bytes) !== null || isTiming(bytes) || hasOneOf(siblings, timingNamesOf(name)),
  isCompanion: ({ name, siblings }) => hasOneOf(siblings, [...outputNamesOf(name), ...outputNamesOfMeta(name)]),
  read,
};

const hasOneOf = (siblings: ReadonlySet<string>, names: readonly string[]): boolean =>
  names.some((name) => siblings.has(name));

/** Whether the first lines are those of a timing file. */
const isTiming = (head: Uint8Array): boolean => {
  const lines = new TextDecoder().decode(head.subarray(0, 4096)).split('\n');
  const whole = (lines.length > 1 ? lines.slice(0, -1) : lines).filter((line) => line.trim() !== '');
  return whole.length > 0 && whole.every((line) => readTimingEntry(line) !== null);
};

async function* read(source: ImportSource, given: ImportGiven): AsyncGenerator<ImportStep, void, void> {
  const head = await readHead(source);
  const timing = timingOf(source, given);
  if (timing === null && isTiming(head)) {
    throw new NotARecording('the times of a script(1) recording, whose output is not beside it', null);
  }
  const started = readStarted(head)?.started ?? null;
  if (timing === null && started === null) {
    throw new NotARecording(`no timing file beside it (${source.fileName}.time), and not begun by script(1)`, null);
  }
  const summary = timing === null ? null : await summaryOf(timing, given.signal);
  if (summary?.entries === 0 && started === null) throw new NotARecording('the timing file beside it is empty', null);
  const input = inputOf(source, summary);
  const files = [source, timing, input].filter((file) => file !== null);
  const key = await contentKey(files, given);
  const session = terminalSession(foundOf(started, summary, await metaBeside(source)), source, given);
  yield { kind: 'open', key, session };
  const { startedAtMs } = session;
  yield* playTypescript({ key, startedAtMs, output: source, input, timing, summary, signal: given.signal });
}

const timingOf = (source: ImportSource, { timing }: ImportGiven): ImportSource | null => {
  if (timing !== undefined) {
    const named = source.sibling(timing);
    if (named === null) throw new NotARecording(`there is no file ${timing} beside it`, null);
    return named;
  }
  return firstBeside(source, timingNamesOf(source.fileName));
};

const firstBeside = (source: ImportSource, names: readonly string[]): ImportSource | null => {
  for (const name of names) {
    const file = source.sibling(name);
    if (file !== null) return file;
  }
  return null;
};

/** The file with the input, where it is not in the output's (script --log-io). */
const inputOf = (source: ImportSource, summary: TypescriptSummary | null): ImportSource | null => {
  const name = summary?.headers.get('INPUT_LOG');
  if (summary?.hasInput !== true || name === undefined || name === summary.headers.get('OUTPUT_LOG')) return null;
  const fileName = /[^/]*$/.exec(name)?.[0] ?? '';
  return fileName === source.fileName ? null : source.sibling(fileName);
};

const metaBeside = async (source: ImportSource): Promise<TypescriptMeta | null> => {
  const name = metaNameOf(source.fileName);
  const file = name === null ? null : source.sibling(name);
  return file === null ? null : readTypescriptMeta((await readSmallText(file)) ?? '');
};

const foundOf = (
  started: ScriptStarted | null,
  summary: TypescriptSummary | null,
  meta: TypescriptMeta | null,
): FoundTerminal => {
  const said = (name: string): string | null => summary?.headers.get(name) ?? started?.fields[name] ?? null;
  const columns = meta?.columns ?? Number(said('COLUMNS') ?? 0);
  const rows = meta?.rows ?? Number(said('LINES') ?? 0);
  return {
    startedAtMs: readInstant(summary?.headers.get('START_TIME') ?? '') ?? readInstant(started?.at ?? ''),
    size: isCells(columns) && isCells(rows) ? { columns, rows } : null,
    labels: {
      command: meta?.command ?? said('COMMAND'),
      title: meta?.title ?? null,
      shell: meta?.shell ?? said('SHELL'),
      term: meta?.term ?? said('TERM'),
      tty: said('TTY'),
      times: summary === null ? 'none' : null,
    },
  };
};
