import type { Visibility } from '../model/access.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Session } from '../model/session.ts';
import type { CatalogReader } from '../store/catalog/catalog.ts';
import type { RecordingReader, RunsPart } from '../store/recordings/recording-reader.ts';
import type { Bus } from './bus.ts';

export type TailParts = { readonly catalog: CatalogReader; readonly reader: RecordingReader; readonly bus: Bus };

/** What is stored, then what comes, without gap or repeat, until the recording is sealed or the signal aborts. */
export async function* tailRecording(
  _parts: TailParts,
  _visibility: Visibility,
  _recordingId: RecordingId,
  _part: RunsPart,
  _signal: AbortSignal,
): AsyncGenerator<Run, void, void> {
  throw new Error('in work');
}

/** The session's state now, then at each change; ends when it has ended and its recordings are sealed. */
export async function* tailSession(
  _parts: TailParts,
  _visibility: Visibility,
  _sessionId: SessionId,
  _signal: AbortSignal,
): AsyncGenerator<Session, void, void> {
  throw new Error('in work');
}
