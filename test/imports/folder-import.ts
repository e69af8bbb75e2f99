import path from 'node:path';
import { NotARecording } from '../../src/format/asciicast/not-a-recording.ts';
import { importSources } from '../../src/cli/import-sources.ts';
import { formatOf, importFile, type ImportedFile, isCompanion } from '../../src/imports/import-file.ts';
import type { OpenedFolder } from '../store/opened-folder.ts';
import { importParts, noDefaults } from './importing.ts';

/** What became of a file that was found in a folder. */
export type FileOutcome = {
  /** Without its folders. */
  readonly file: string;
  readonly imported: ImportedFile | null;
  /** Null when it was taken in, or goes with another file. */
  readonly reason: string | null;
  readonly isCompanion: boolean;
};

/** Takes in all files of folders, one after the other, as the program does. */
export const importFolders = async (
  { intake, closer }: Pick<OpenedFolder, 'intake' | 'closer'>,
  folders: readonly string[],
): Promise<readonly FileOutcome[]> => {
  const parts = { ...importParts(intake), clock: () => performance.now() };
  const given = { defaults: noDefaults, signal: new AbortController().signal, timeZone: 'UTC' };
  const outcomes: FileOutcome[] = [];
  for await (const source of importSources(folders, () => {})) {
    if ('error' in source) throw new Error(`${source.name}: ${source.error}`);
    const outcome = { file: path.basename(source.name), imported: null, reason: null, isCompanion: false };
    const head = await source.head();
    if (isCompanion(head)) {
      outcomes.push({ ...outcome, isCompanion: true });
      continue;
    }
    try {
      outcomes.push({ ...outcome, imported: await importFile(parts, formatOf(head), source, given) });
    } catch (error) {
      if (!(error instanceof NotARecording)) throw error;
      outcomes.push({ ...outcome, reason: error.reason });
    }
  }
  await closer.settled();
  return outcomes;
};
