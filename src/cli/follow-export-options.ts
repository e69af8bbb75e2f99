import { type Command, Option } from 'commander';
import { dataFolderAt } from './data-folder.ts';
import { UsageError } from './exit-code.ts';
import { cursorFileAt } from './export-cursor-file.ts';
import { followExport } from './follow-export.ts';
import { readingServerOf, type ReadingOptions } from './reading-options.ts';
import { readServerFile } from './server-file.ts';

/** Languages of what `--follow` writes. */
export const followFormats = ['native', 'ocsf', 'ecs'] as const;

export type FollowOptions = {
  readonly follow?: boolean;
  readonly events?: boolean;
  readonly after?: string;
  readonly cursorFile?: string;
};

/** The options beside `--format` that say what is followed. */
export const withFollowOptions = (command: Command): Command =>
  command
    .option('--follow', 'instead of a recording: every change of sessions, a line of JSON each, until it is ended')
    .option('--events', 'with --follow: what happened in sessions and recordings, instead')
    .addOption(new Option('--after <cursor>', 'with --follow: go on after this place; from the beginning when absent'))
    .option('--cursor-file <file>', 'with --follow: keep the place in this file, and go on from it the next time');

/** Follows the server that the words name, or the one that runs on the data folder. @throws UsageError */
export const followAsAsked = async (
  command: Command,
  format: string | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const { events, after, cursorFile, data } = command.opts<FollowOptions & ReadingOptions>();
  const language = followFormats.find((known) => known === (format ?? 'native'));
  if (language === undefined) throw new UsageError(`--follow writes ${followFormats.join(', ')}, not ${format}`);
  const server = readingServerOf(command);
  const folder = dataFolderAt(data);
  await followExport({
    what: events === true ? 'events' : 'sessions',
    format: language,
    after: after ?? null,
    cursorFile: cursorFile === undefined ? null : cursorFileAt(cursorFile),
    server: () => server ?? readServerFile(folder),
    tokenChanges: server === null,
    signal,
  });
};

/** @throws UsageError for an option of `--follow` without it */
export const checkFollowOptions = ({ events, after, cursorFile }: FollowOptions): void => {
  if (events !== undefined || after !== undefined || cursorFile !== undefined) {
    throw new UsageError('--events, --after and --cursor-file are for --follow');
  }
};
