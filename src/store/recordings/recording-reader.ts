import type { Visibility } from '../../model/access.ts';
import type { RecordingId } from '../../model/ids.ts';
import type { Recording } from '../../model/recording.ts';
import type { Run } from '../../model/run.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { Recordings, Verdict } from './recordings.ts';

/** Which events are wanted. */
export type RunsPart = {
  /** Ordinal of the first event wanted: the first run begins exactly there. */
  readonly fromEvent: number;
  /** Milliseconds from the recording's start; the first run is the one that holds it (whole chunks only). */
  readonly fromMs: number;
  readonly toMs: number | null;
};

export type RunPage = {
  readonly recording: Recording;
  readonly runs: readonly Run[];
  /** Whether stored or pending events follow these runs now. */
  readonly hasMore: boolean;
};

/** Reads recordings: closed chunks, then pending batches, as runs of events without hole or repeat. */
export class RecordingReader {
  constructor(_parts: { catalog: CatalogReader; recordings: Recordings }) {}

  /** At most runsMax runs, and no run that would go beyond bytesMax but the first. Null when there is no such recording. */
  async page(
    _visibility: Visibility,
    _recordingId: RecordingId,
    _part: RunsPart,
    _runsMax: number,
    _bytesMax: number,
  ): Promise<RunPage | null> {
    throw new Error('in work');
  }

  /** Everything from the part's begin to what is stored when the end is reached; one run in memory at a time. */
  runs(_visibility: Visibility, _recordingId: RecordingId, _part: RunsPart): AsyncIterable<Run> {
    throw new Error('in work');
  }

  /** The file as stored. Null when there is no such recording, or nothing is stored of it yet. */
  async stored(_visibility: Visibility, _recordingId: RecordingId): Promise<StoredRecording | null> {
    throw new Error('in work');
  }

  /** Reads the whole recording from disk and recomputes the chain. Null when there is no such recording. */
  async verify(_visibility: Visibility, _recordingId: RecordingId): Promise<Verdict | null> {
    throw new Error('in work');
  }
}

export type StoredRecording = {
  readonly recording: Recording;
  /** Bytes that the catalog knows of: what of the file is whole. */
  readonly size: number;
  /** From start (inclusive) to end (exclusive). */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
};
