import { readTiming } from '../format/typescript/timing-reader.ts';
import type { ImportSource } from './import-source.ts';

/** What the whole timing file says, read once before anything is opened. */
export type TypescriptSummary = {
  /** Whether it names the kinds of its entries, as util-linux writes since 2.35. */
  readonly isAdvanced: boolean;
  /** By name: TERM, COLUMNS, LINES, COMMAND, START_TIME, EXIT_CODE … The first of each. */
  readonly headers: ReadonlyMap<string, string>;
  readonly hasInput: boolean;
  readonly entries: number;
};

/** Headers that are kept: script(1) writes about ten. */
const HEADERS_MAX = 64;

/** @throws NotARecording at a line that is none of timing */
export const summaryOf = async (timing: ImportSource, signal: AbortSignal): Promise<TypescriptSummary> => {
  const headers = new Map<string, string>();
  let isAdvanced = false;
  let hasInput = false;
  let entries = 0;
  for await (const group of readTiming(timing.open())) {
    signal.throwIfAborted();
    for (const entry of group) {
      entries += 1;
      if (entry.kind === 'data') hasInput ||= entry.isInput;
      else isAdvanced = true;
      const isNew = entry.kind === 'header' && !headers.has(entry.name) && headers.size < HEADERS_MAX;
      if (isNew) headers.set(entry.name, entry.value);
    }
  }
  return { isAdvanced, headers, hasInput, entries };
};
