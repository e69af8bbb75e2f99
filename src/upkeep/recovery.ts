import type { RecordingId } from '../model/ids.ts';
import type { CatalogReader, CatalogWriter, SigningKey, UnsealedRecording } from '../store/catalog/catalog.ts';
import type { Recordings, Recovered } from '../store/recordings/recordings.ts';

export type RecoveryParts = {
  readonly reader: CatalogReader;
  readonly writer: CatalogWriter;
  readonly recordings: Recordings;
  readonly clock: () => number;
};

export type RecoveryReport = {
  readonly recordings: number;
  readonly adoptedChunks: number;
  readonly quarantinedFiles: number;
  readonly damagedRecordings: number;
  /** Could not be looked at, or set right: they are as they were, and whoever closes or reads them tries again. */
  readonly failedRecordings: number;
};

/** Told of a recording that could not be set right. */
export type RecoveryFailure = (recordingId: RecordingId, error: unknown) => void;

/** Recordings that are looked at together. */
const PAGE = 500;

/**
 * Holds every recording that is not sealed against its file, before the server takes anything. The catalog may be older than
 * the files (a restore) or a chunk's row may never have been written (a crash): whole valid frames are adopted, and only
 * bytes that are none leave the file.
 */
export const recover = async (parts: RecoveryParts, onFailure: RecoveryFailure): Promise<RecoveryReport> => {
  const key = await parts.reader.signingKey();
  const report = { recordings: 0, adoptedChunks: 0, quarantinedFiles: 0, damagedRecordings: 0, failedRecordings: 0 };
  let after: RecordingId | null = null;
  for (;;) {
    const page: readonly UnsealedRecording[] = await parts.reader.unsealedRecordings(after, PAGE);
    for (const unsealed of page) {
      report.recordings += 1;
      try {
        const found = await recoverRecording(parts, unsealed, key);
        report.adoptedChunks += found.adopted.length;
        report.quarantinedFiles += found.quarantined === null ? 0 : 1;
        report.damagedRecordings += found.damage === null ? 0 : 1;
      } catch (error) {
        // NOTE a disk that is too full to set a torn end aside must not keep the server from starting.
        report.failedRecordings += 1;
        onFailure(unsealed.recording.recordingId, error);
      }
    }
    after = page.at(-1)?.recording.recordingId ?? null;
    if (after === null) return report;
  }
};

/** The same for one recording. Safe to repeat. */
export const recoverRecording = async (
  { writer, recordings, clock }: Omit<RecoveryParts, 'reader'>,
  unsealed: UnsealedRecording,
  key: SigningKey,
): Promise<Recovered> => {
  const { recordingId } = unsealed.recording;
  const found = await recordings.recover(unsealed, key);
  for (const { row, indexedSize } of found.adopted) await writer.closeChunk({ recordingId, chunk: row, indexedSize });
  if (found.seal !== null) await writer.sealRecording({ recordingId, ...found.seal, atMs: found.seal.sealedAtMs });
  if (found.quarantined !== null) await tellQuarantine(writer, unsealed, found.quarantined, clock());
  if (found.damage !== null) await writer.markCorrupt({ recordingId, reason: found.damage, atMs: clock() });
  return found;
};

const tellQuarantine = async (
  writer: CatalogWriter,
  { session, recording }: UnsealedRecording,
  { path, bytes }: NonNullable<Recovered['quarantined']>,
  atMs: number,
): Promise<void> => {
  await writer.addSessionEvent({
    eventId: crypto.randomUUID(),
    sessionId: session.sessionId,
    producer: null,
    atMs,
    kind: 'NOTE',
    message: `${bytes} bytes at the end of the recording's file were no whole chunk and were set aside`,
    actor: null,
    recordingId: recording.recordingId,
    timeMs: recording.durationMs,
    details: { quarantine: path, bytes },
  });
};
