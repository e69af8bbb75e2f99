import { NotARecording } from '../asciicast/not-a-recording.ts';
import { HAR_ENTRY_BYTES_MAX, HAR_LOG_BYTES_MAX } from '../../model/limits.ts';
import { type HarLog, readHarLog } from './har-log.ts';
import { type CutItem, ListCutter } from './list-cutter.ts';

/** Objects and lists within one another: what is deeper cannot be stored. */
const DEPTH_MAX = 256;

/**
 * Reads a HAR 1.2 entry by entry, in the order of the file; one is in memory at a time. What an item is, readHarEntry says.
 * @param pieces the file's bytes, decompressed, cut anywhere
 * @returns what it says of itself, which may stand behind the entries
 * @throws NotARecording when it is no HAR, or no JSON, naming the line
 */
export async function* readHar(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<CutItem, HarLog, void> {
  const limits = { itemBytesMax: HAR_ENTRY_BYTES_MAX, restBytesMax: HAR_LOG_BYTES_MAX, depthMax: DEPTH_MAX };
  const cutter = new ListCutter(['log', 'entries'], limits);
  for await (const piece of pieces) yield* cutter.push(piece);
  const log = readHarLog(cutter.end());
  if (log === null) throw new NotARecording('not a HAR: there is no log with entries in it', null);
  return log;
}
