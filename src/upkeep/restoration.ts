import type { FileHeader } from '../format/file-header.ts';
import { seesAll } from '../model/access.ts';
import { Refusal } from '../model/errors.ts';
import { isUuid, parseRecordingId } from '../model/parse-id.ts';
import type { RecordingState } from '../model/recording.ts';
import type { CatalogReader, CatalogWriter, SigningKey } from '../store/catalog/catalog.ts';
import type { StoredFile, StoredFiles } from '../store/recordings/stored-files.ts';

export type RestorationParts = {
  readonly reader: CatalogReader;
  readonly writer: CatalogWriter;
  readonly files: Pick<StoredFiles, 'folders' | 'header' | 'examine'>;
  readonly clock: () => number;
};

/** What became of a file. */
export type RestorationOutcome =
  | { readonly kind: 'known' }
  | {
      readonly kind: 'restored';
      readonly isNewSession: boolean;
      readonly state: RecordingState;
      readonly stateReason: string | null;
      /** The key of its seal, when it is not this catalog's; null otherwise, and when it is not sealed. */
      readonly unknownKeyId: string | null;
      /** Bytes at its end that are no whole chunk: the next recovery sets them aside. */
      readonly restBytes: number;
    }
  /** It is left where it is. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Told how far it is. Must not throw. */
export type RestorationListener = {
  found(sizeBytes: number): void;
  read(bytes: number): void;
  done(locator: string, outcome: RestorationOutcome): void;
};

/**
 * Puts into the catalog what only the files know: a catalog that was lost, or an older copy put back. Each recording goes in
 * whole or not at all, so it can be interrupted and run again. What the catalog knows is left to recovery. Stops early,
 * without an error, when the signal asks for it.
 */
export const restoreRecordings = async (
  parts: RestorationParts,
  listener: RestorationListener,
  signal: AbortSignal,
): Promise<void> => {
  const key = await parts.reader.signingKey();
  for await (const files of parts.files.folders()) {
    for (const { sizeBytes } of files) listener.found(sizeBytes);
    for (const { locator, sizeBytes } of await inOrderOfStart(parts, files, listener)) {
      if (signal.aborted) return;
      try {
        listener.done(locator, await restore(parts, { locator, sizeBytes }, key, listener, signal));
      } catch (error) {
        if (signal.aborted) return;
        const reason = reasonOf(error);
        if (reason === null) throw error;
        listener.done(locator, { kind: 'refused', reason });
      }
    }
  }
};

/** What is wrong with this file alone; null when nothing can be restored any more. */
const reasonOf = (error: unknown): string | null => {
  if (error instanceof Refusal) return error.code === 'UNAVAILABLE' ? null : error.message;
  const isReading = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isReading ? `it cannot be read: ${error.message}` : null;
};

/** Those that are not known, oldest start first: recordings of a session are in the order in which they were opened. */
const inOrderOfStart = async (
  { reader, files }: RestorationParts,
  all: readonly StoredFile[],
  listener: RestorationListener,
): Promise<readonly StoredFile[]> => {
  const starts: { readonly file: StoredFile; readonly startedAtMs: number }[] = [];
  for (const file of all) {
    if (await isKnown(reader, file.locator)) {
      listener.read(file.sizeBytes);
      listener.done(file.locator, { kind: 'known' });
      continue;
    }
    // What cannot be read is told when it is its turn.
    const header = await files.header(file.locator).catch(() => null);
    starts.push({ file, startedAtMs: header?.startedAtMs ?? 0 });
  }
  return starts.toSorted((one, other) => one.startedAtMs - other.startedAtMs).map(({ file }) => file);
};

/** Whether the catalog has a recording of the file's name, in this file. */
const isKnown = async (reader: CatalogReader, locator: string): Promise<boolean> => {
  const name = locator.slice(locator.lastIndexOf('/') + 1).split('.')[0] ?? '';
  return isUuid(name) && (await reader.locator(seesAll, parseRecordingId(name))) === locator;
};

const restore = async (
  { reader, writer, files, clock }: RestorationParts,
  { locator }: StoredFile,
  key: SigningKey,
  listener: RestorationListener,
  signal: AbortSignal,
): Promise<RestorationOutcome> => {
  const file = await files.examine(locator, key, (bytes) => listener.read(bytes), signal);
  if (file === null) return { kind: 'refused', reason: 'it does not begin with the header of a recording' };
  const other = await reader.locator(seesAll, file.header.recordingId);
  if (other !== null) return { kind: 'refused', reason: anotherFile(file.header, other) };
  const { restBytes, ...write } = file;
  const { recording, isNewSession } = await writer.restoreRecording({ ...write, atMs: clock() });
  const { state, stateReason, keyId } = recording;
  const unknownKeyId = keyId === key.keyId ? null : keyId;
  return { kind: 'restored', isNewSession, state, stateReason, unknownKeyId, restBytes };
};

const anotherFile = ({ recordingId }: FileHeader, locator: string): string =>
  `it is another file of recording ${recordingId}, which is in ${locator}`;
