import { Command, Option } from 'commander';
import type { ReadRecording } from '../client/read-session.ts';
import { chooseRecording, hintOfOthers } from './chosen-recording.ts';
import { UsageError } from './exit-code.ts';
import {
  checkFollowOptions,
  followAsAsked,
  followFormats,
  type FollowOptions,
  withFollowOptions,
} from './follow-export-options.ts';
import { FileProgress } from './file-progress.ts';
import { type DownloadFormat, downloadFormats } from './local-download.ts';
import { print } from './print.ts';
import { printableJson } from './printable.ts';
import { readingDoorOf, withReadingOptions } from './reading-options.ts';
import { writeWholeFile } from './whole-file.ts';

type ExportOptions = FollowOptions & {
  readonly format?: DownloadFormat | (typeof followFormats)[number];
  readonly recording?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
};

/** `reeltime export`: a recording as a file or on standard output, of a data folder or a server. */
export const exportCommand = (signal: AbortSignal): Command =>
  withFollowOptions(
    withReadingOptions(
      new Command('export')
        .description('write a recording to a file, or to standard output')
        .argument('[session]', "the session's UUID, or a recording's; none with --follow"),
    ),
  )
    .addOption(
      new Option(
        '--format <format>',
        'asciicast v2 or v3, JSON lines, HAR, msgpack, or the file as stored; otherwise cast for a terminal, har for HTTP, and ndjson. With --follow: native, ocsf or ecs',
      ).choices([...downloadFormats, ...followFormats]),
    )
    .option('--recording <which>', 'which of its recordings: a number from 1, or a UUID; the first when absent')
    .option('-o, --output <file>', 'write to this file, which is there when it is whole')
    .option('--force', 'write over the file')
    .option('-q, --quiet', 'show no progress')
    .action(async (word: string | undefined, options: ExportOptions, command: Command) => {
      if (options.follow === true) {
        if (word !== undefined) throw new UsageError('--follow is of all sessions: it takes none');
        if (options.output !== undefined) throw new UsageError('--follow writes to standard output');
        return followAsAsked(command, options.format, signal);
      }
      if (word === undefined) throw new UsageError("export needs a session's UUID, or --follow");
      await exportRecording(word, options, command, signal);
    });

const exportRecording = async (
  word: string,
  options: ExportOptions,
  command: Command,
  signal: AbortSignal,
): Promise<void> => {
  const asked = recordingFormatOf(options);
  await using door = readingDoorOf(command);
  const chosen = await chooseRecording(door, word, options.recording);
  const { recording } = chosen;
  const format = asked ?? formatFor(recording);
  const hint = hintOfOthers(chosen, options.recording);
  if (hint !== null) process.stderr.write(hint);
  const pieces = door.download(recording.recordingId, format, signal);
  if (options.output === undefined) await print(printed(pieces, format), signal);
  else await save(pieces, options.output, options, sizeOf(recording, format));
};

/** @throws UsageError for what is of `--follow` */
const recordingFormatOf = (options: ExportOptions): DownloadFormat | null => {
  checkFollowOptions(options);
  const { format } = options;
  if (format === undefined) return null;
  const known = downloadFormats.find((each) => each === format);
  if (known === undefined) throw new UsageError(`--format ${format} is for --follow`);
  return known;
};

const formatFor = ({ kind }: ReadRecording): DownloadFormat =>
  kind === 'TERMINAL' ? 'cast' : kind === 'HTTP' ? 'har' : 'ndjson';

/** Bytes that will be about as many: for the progress. */
const sizeOf = ({ storedSize, rawSize }: ReadRecording, format: DownloadFormat): number =>
  format === 'rec.zst' ? storedSize : rawSize;

const save = async (
  pieces: AsyncIterable<string | Uint8Array>,
  file: string,
  { force, quiet }: ExportOptions,
  size: number,
): Promise<void> => {
  using progress = new FileProgress('exporting', process.stderr, quiet === true);
  progress.found(size);
  await writeWholeFile(file, pieces, { replace: force === true, written: (bytes) => progress.read(bytes) });
};

/**
 * As it may be printed: of text no character reaches a terminal that it obeys.
 * @throws UsageError for bytes that are no text, before a terminal
 */
const printed = (
  pieces: AsyncIterable<string | Uint8Array>,
  format: DownloadFormat,
): AsyncIterable<string | Uint8Array> => {
  if (!process.stdout.isTTY) return pieces;
  if (format === 'msgpack' || format === 'rec.zst') {
    throw new UsageError(`${format} is not for a terminal: write it to a file with -o, or into a pipe`);
  }
  return printableText(pieces);
};

async function* printableText(pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  for await (const piece of pieces) {
    yield printableJson(typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }));
  }
}
