import { liveEvents } from '../../format/asciicast/asciicast-writer.ts';
import { parseRecordingId } from '../../model/parse-id.ts';
import type { Exchange } from '../exchange.ts';
import { joinRecording, type LiveRecording } from '../live-recording.ts';
import { sendPieces } from '../stream.ts';
import { parameter, type PathParameters, type Route } from './route.ts';

/** A line as a server-sent event (HTML Living Standard, section 9.2). */
const eventOf = (line: string): string => `data: ${line.trimEnd()}\n\n`;

async function* eventsOf({ fields, joinedMs, runs }: LiveRecording, gone: AbortSignal): AsyncGenerator<string> {
  const writer = liveEvents(fields, joinedMs);
  yield eventOf(writer.head());
  for await (const run of runs(gone)) {
    let piece = '';
    for (const line of writer.lines(run)) piece += eventOf(line);
    yield piece;
  }
  const tail = writer.tail();
  yield `${tail === '' ? '' : eventOf(tail)}event: done\ndata:\n\n`;
}

const answerLive = async (exchange: Exchange, parameters: PathParameters): Promise<void> => {
  const { parts, caller, request, response, gone } = exchange;
  const recordingId = parseRecordingId(parameter(parameters, 'recordingId'));
  const live = await joinRecording(parts, caller, recordingId);
  // Proxies that gather answers before they hand them on would keep a stream back.
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
  if (request.method === 'HEAD') response.end();
  else await sendPieces(response, eventsOf(live, gone), gone);
};

/** What asciinema-player's event source driver reads; its WebSocket driver is served at the same path. */
export const liveRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/recordings/:recordingId/live', action: 'read-recording', handle: answerLive },
];
