import { createHash } from 'node:crypto';
import { Command } from 'commander';
import {
  type AnyFormat,
  formatNamed,
  formatOf,
  importFile,
  type ImportedFile,
  isCompanion,
} from '../imports/import-file.ts';
import type { FeedParts } from '../imports/feed-steps.ts';
import type { ImportGiven } from '../imports/import-format.ts';
import { exitCodes } from './exit-code.ts';
import { FileProgress } from './file-progress.ts';
import { doorOf, givenOf, type ImportOptions, withImportOptions } from './import-options.ts';
import { type ImportOutcome, outcomeLines, outcomeOf, outcomeOfError, refusedOutcome } from './import-outcome.ts';
import { importSources, type Missing, type NamedSource } from './import-sources.ts';

/** Files that are taken in at once: they share commits and syncs. */
const AT_ONCE = 4;

/** `reeltime import`. */
export const importCommand = (signal: AbortSignal, setExitCode: (code: number) => void): Command =>
  withImportOptions(
    new Command('import')
      .description('take in recordings and logs, also compressed: files, folders, or - for standard input')
      .argument('<file...>', 'files and folders'),
  ).action(async (words: readonly string[], options: ImportOptions) => {
    const isWhole = await importAll(words, options, signal);
    if (!isWhole || signal.aborted) setExitCode(exitCodes.failed);
  });

/** @returns whether nothing was refused */
const importAll = async (words: readonly string[], options: ImportOptions, signal: AbortSignal): Promise<boolean> => {
  await using door = await doorOf(options);
  const counts = { imported: 0, known: 0, refused: 0 };
  let refusedSessions = 0;
  {
    using progress = new FileProgress('importing', process.stderr, options.quiet === true);
    const tell = (outcome: ImportOutcome, imported: ImportedFile | null): void => {
      counts[outcome.status] += 1;
      refusedSessions += outcome.refusedSessions;
      progress.done(outcome.file);
      if (options.json === true) process.stdout.write(`${JSON.stringify(outcome)}\n`);
      else for (const line of outcomeLines(outcome, imported)) process.stderr.write(`${line}\n`);
    };
    await importEach(
      importSources(words, (bytes) => progress.read(bytes)),
      {
        parts: {
          intake: door.intake,
          producer: door.producer,
          newHash: () => createHash('sha256'),
          claims: new Map(),
          clock: () => performance.now(),
        },
        given: givenOf(options, signal),
        format: options.format === undefined ? null : (formatNamed(options.format) ?? null),
        progress,
        tell,
      },
    );
    await door.settled();
  }
  const summary = `${counts.imported} imported, ${counts.known} known, ${counts.refused} refused`;
  process.stderr.write(signal.aborted ? `interrupted: ${summary}; run it again to go on\n` : `${summary}\n`);
  return counts.refused + refusedSessions === 0;
};

/** All that the files of one command share. */
type ImportRun = {
  readonly parts: FeedParts;
  readonly given: Omit<ImportGiven, 'newHash'>;
  /** The one that every file is said to be; null: its content says. */
  readonly format: AnyFormat | null;
  readonly progress: FileProgress;
  readonly tell: (outcome: ImportOutcome, imported: ImportedFile | null) => void;
};

const importEach = async (sources: AsyncGenerator<NamedSource | Missing>, run: ImportRun): Promise<void> => {
  const { signal } = run.given;
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const source of sources) {
    if (signal.aborted || failures.length > 0) break;
    if ('error' in source) {
      run.tell(refusedOutcome(source.name, null, source.error, null), null);
      continue;
    }
    run.progress.found(source.sizeBytes);
    const one = importOne(source, run)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(one));
    running.add(one);
    // Standard input's file goes when the next source is asked for.
    if (running.size >= AT_ONCE || source.name === '-') await Promise.race(running);
    if (source.name === '-') await Promise.all(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
};

/** @throws what keeps every other file from being taken in too */
const importOne = async (source: NamedSource, { parts, given, format, tell }: ImportRun): Promise<void> => {
  let chosen = format;
  try {
    const head = await source.head();
    if (isCompanion(head)) {
      const reason = 'it goes with another file of its folder, and is taken in with that one';
      if (source.isAsked) tell(refusedOutcome(source.name, null, reason, null), null);
      return;
    }
    chosen ??= formatOf(head);
    const imported = await importFile(parts, chosen, source, given);
    tell(outcomeOf(source.name, imported), imported);
  } catch (error) {
    if (given.signal.aborted) return;
    const outcome = outcomeOfError(source.name, chosen?.name ?? null, error);
    if (outcome === null) throw error;
    tell(outcome, null);
  }
};
