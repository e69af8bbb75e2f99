import { asciicastFieldsOf } from '../format/asciicast/asciicast-fields.ts';
import { writeAsciicastV2, writeAsciicastV3 } from '../format/asciicast/asciicast-writer.ts';
import { harFieldsOf } from '../format/har/har-fields.ts';
import { writeHar } from '../format/har/har-writer.ts';
import { writeNdjson } from '../format/ndjson.ts';
import { seesAll } from '../model/access.ts';
import { NotFound } from '../model/errors.ts';
import type { RecordingId } from '../model/ids.ts';
import type { Recording } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import type { StoredRecording } from '../store/recordings/recording-reader.ts';
import { unpacked } from '../store/recordings/unpacked.ts';
import { version } from './assets.ts';
import type { ReadingRoom } from './compose.ts';

/** What a recording is written as; the words are also its file extensions, and the server's. */
export const downloadFormats = ['cast', 'v3.cast', 'ndjson', 'har', 'msgpack', 'rec.zst'] as const;
export type DownloadFormat = (typeof downloadFormats)[number];

const everything = { fromEvent: 0, fromMs: 0, toMs: null };

/**
 * A recording of the data folder as the server would have it downloaded.
 * @throws NotFound when there is none, or the format is of another kind of recording
 */
export async function* localDownload(
  { catalog, reader }: ReadingRoom,
  recordingId: RecordingId,
  format: DownloadFormat,
): AsyncGenerator<string | Uint8Array, void, void> {
  const recording = await catalog.recording(seesAll, recordingId);
  const session = await catalog.sessionOfRecording(seesAll, recordingId);
  if (recording === null || session === null) throw new NotFound('no such recording');
  const runs = reader.runs(seesAll, recordingId, everything);
  switch (format) {
    case 'cast':
      mustBe(recording, 'TERMINAL', 'an asciicast is of a terminal');
      yield* writeAsciicastV2(asciicastFieldsOf(session, recording), runs);
      break;
    case 'v3.cast':
      mustBe(recording, 'TERMINAL', 'an asciicast is of a terminal');
      yield* writeAsciicastV3(asciicastFieldsOf(session, recording), runs);
      break;
    case 'har':
      mustBe(recording, 'HTTP', 'a HAR is of HTTP');
      yield* writeHar(harFieldsOf(session, recording, version()), runs);
      break;
    case 'ndjson':
      yield* writeNdjson(runs);
      break;
    case 'msgpack':
      // A sealed recording whose bytes hold is its stored frames, unpacked; of others what can be read.
      if (recording.signature === null || recording.state === 'CORRUPT') yield* msgpackOf(runs);
      else yield* unpacked(stored(await reader.stored(seesAll, recordingId)));
      break;
    case 'rec.zst':
      yield* stored(await reader.stored(seesAll, recordingId));
  }
}

const mustBe = ({ kind }: Recording, wanted: Recording['kind'], rule: string): void => {
  if (kind !== wanted) throw new NotFound(`${rule}, and this recording is ${kind}`);
};

const stored = (recording: StoredRecording | null): AsyncIterable<Uint8Array> => {
  if (recording === null) throw new NotFound('nothing of the recording is in a file yet, or the file is gone');
  return recording.read(0, recording.size);
};

async function* msgpackOf(runs: AsyncIterable<Run>): AsyncGenerator<Uint8Array, void, void> {
  for await (const run of runs) yield run.msgpack;
}
