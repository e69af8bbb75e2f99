import type { StoredRecording } from '../../store/recordings/recording-reader.ts';
import type { Recording } from '../../model/recording.ts';
import { hasAlready } from '../entity-tag.ts';
import type { Exchange } from '../exchange.ts';
import { sendPieces } from '../stream.ts';
import { noteDownload } from './note-download.ts';
import { readByteRange, type ByteRange } from './byte-range.ts';

/** A sealed file never changes; another head hash or size is another file. Null until then. */
export const strongTag = ({ recording, size }: StoredRecording): string | null =>
  recording.signature === null || recording.headHash === null
    ? null
    : `"${Buffer.from(recording.headHash).toString('hex')}-${size.toString(36)}"`;

/** A range is only good for the file that the client has the beginning of. */
const rangeOf = ({ request }: Exchange, tag: string, size: number): ByteRange | null => {
  const condition = request.headers['if-range'];
  return condition === undefined || condition === tag ? readByteRange(request.headers.range, size) : null;
};

/** The file as stored. Once it is sealed: by ranges, and not again to who has it. */
export const sendStored = async (
  exchange: Exchange,
  wanted: { readonly recording: Recording; readonly format: string },
  stored: StoredRecording,
  headers: Readonly<Record<string, string>>,
): Promise<void> => {
  const { request, response, gone } = exchange;
  const tag = strongTag(stored);
  if (tag !== null) {
    response.setHeader('etag', tag);
    // Kept by the client alone, and asked about each time: the token may be over.
    response.setHeader('cache-control', 'private, no-cache');
    if (hasAlready(request, tag)) {
      response.writeHead(304).end();
      return;
    }
  }
  const whole = { start: 0, end: stored.size };
  const range = tag === null ? null : rangeOf(exchange, tag, stored.size);
  const { start, end } = range ?? whole;
  await noteDownload(exchange, wanted);
  if (tag !== null) response.setHeader('accept-ranges', 'bytes');
  if (range !== null) response.setHeader('content-range', `bytes ${start}-${end - 1}/${stored.size}`);
  response.writeHead(range === null ? 200 : 206, { ...headers, 'content-length': end - start });
  if (request.method === 'HEAD') response.end();
  else await sendPieces(response, stored.read(start, end), gone);
};
