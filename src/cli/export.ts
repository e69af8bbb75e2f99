import { Command, Option } from 'commander';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asciicastFieldsOf } from '../format/asciicast/asciicast-fields.ts';
import { writeAsciicastV2, writeAsciicastV3 } from '../format/asciicast/asciicast-writer.ts';
import { writeNdjson } from '../format/ndjson.ts';
import { seesAll } from '../model/access.ts';
import { NotFound } from '../model/errors.ts';
import type { RecordingId } from '../model/ids.ts';
import { parseSessionId } from '../model/parse-id.ts';
import { firstPage } from '../model/page.ts';
import { openReadingRoom, type ReadingRoom } from './compose.ts';
import { dataFolderAt } from './data-folder.ts';
import { dataOption } from './settings.ts';

const formats = ['cast', 'v3.cast', 'ndjson', 'rec.zst'] as const;
type ExportOptions = { readonly data: string; readonly format: (typeof formats)[number] };

/** `reeltime export`: a recording on standard output. */
export const exportCommand = (signal: AbortSignal): Command =>
  new Command('export')
    .description('write a recording to standard output')
    .argument('<session>', "the session's UUID, or a recording's")
    .addOption(dataOption())
    .addOption(
      new Option('--format <format>', 'asciicast v2 or v3, JSON lines, or the file as stored')
        .choices(formats)
        .default('cast'),
    )
    .action(async (word: string, options: ExportOptions) => {
      await using room = openReadingRoom(dataFolderAt(options.data));
      const pieces = await piecesOf(room, parseSessionId(word), options.format);
      await pipeline(Readable.from(pieces), process.stdout, { signal, end: false });
    });

const everything = { fromEvent: 0, fromMs: 0, toMs: null };

const piecesOf = async (
  { catalog, reader }: ReadingRoom,
  id: ReturnType<typeof parseSessionId>,
  format: ExportOptions['format'],
): Promise<AsyncIterable<string | Uint8Array>> => {
  const named = await catalog.session(seesAll, id);
  const first = named === null ? null : (await catalog.recordings(seesAll, id, firstPage(1))).items[0];
  const recording = first ?? (await catalog.recording(seesAll, id as string as RecordingId));
  const session = recording === null ? null : await catalog.sessionOfRecording(seesAll, recording.recordingId);
  if (recording === null || session === null) throw new NotFound('no such session, or it has no recording');
  if (format === 'rec.zst') {
    const stored = await reader.stored(seesAll, recording.recordingId);
    if (stored === null) throw new NotFound('nothing of the recording is in a file yet');
    return stored.read(0, stored.size);
  }
  const runs = reader.runs(seesAll, recording.recordingId, everything);
  if (format === 'ndjson') return writeNdjson(runs);
  if (recording.kind !== 'TERMINAL')
    throw new NotFound(`an asciicast is of a terminal, and this recording is ${recording.kind}`);
  const fields = asciicastFieldsOf(session, recording);
  return format === 'cast' ? writeAsciicastV2(fields, runs) : writeAsciicastV3(fields, runs);
};
