import { noSuchSession, visibilityOf } from '../../model/access.ts';
import { InvalidInput, NotFound } from '../../model/errors.ts';
import { isUuid, parseRecordingId } from '../../model/parse-id.ts';
import type { Recording } from '../../model/recording.ts';
import type { Run } from '../../model/run.ts';
import type { Session } from '../../model/session.ts';
import { asciicastFieldsOf } from '../../format/asciicast/asciicast-fields.ts';
import { writeAsciicastV2, writeAsciicastV3 } from '../../format/asciicast/asciicast-writer.ts';
import { harFieldsOf } from '../../format/har/har-fields.ts';
import { writeHar } from '../../format/har/har-writer.ts';
import { writeNdjson } from '../../format/ndjson.ts';
import { exchangeKinds, writeSessionLog } from '../../format/session-log/session-log.ts';
import type { StoredRecording } from '../../store/recordings/recording-reader.ts';
import { unpacked } from '../../store/recordings/unpacked.ts';
import { tailRecording } from '../../live/tail.ts';
import { takesCoding } from '../accept-encoding.ts';
import type { Exchange } from '../exchange.ts';
import { sendPieces } from '../stream.ts';
import { oneOf } from './query.ts';
import { parameter, type PathParameters, type Route } from './route.ts';
import { noteDownload } from './note-download.ts';
import { sendStored } from './stored-download.ts';

/** What is downloaded: a recording that the caller may see, its session, and the format as its extension. */
export type Wanted = { readonly recording: Recording; readonly session: Session; readonly format: string };

type Format = (exchange: Exchange, wanted: Wanted) => Promise<void>;

const everything = { fromEvent: 0, fromMs: 0, toMs: null };

/** What is stored now, in closed chunks and out of them; with `?follow=true` also what comes, until it is sealed. */
const runsOf = ({ parts, viewer, query, gone }: Exchange, { recording }: Wanted): AsyncIterable<Run> => {
  const visibility = visibilityOf(viewer);
  return oneOf(query, 'follow', ['true', 'false']) === 'true'
    ? tailRecording(parts, visibility, recording.recordingId, everything, gone)
    : parts.reader.runs(visibility, recording.recordingId, everything);
};

const attachment = ({ recording }: Wanted, extension: string): Readonly<Record<string, string>> => ({
  'content-disposition': `attachment; filename="${recording.recordingId}.${extension}"`,
});

/** @throws NotFound when the recording is of another kind */
const mustBeTerminal = ({ recording }: Wanted): void => {
  if (recording.kind !== 'TERMINAL')
    throw new NotFound(`an asciicast is of a terminal, and this recording is ${recording.kind}`);
};

const sendText = async (
  exchange: Exchange,
  wanted: Wanted,
  headers: Readonly<Record<string, string>>,
  pieces: () => AsyncIterable<string | Uint8Array>,
): Promise<void> => {
  const { request, response, gone } = exchange;
  await noteDownload(exchange, wanted);
  response.writeHead(200, headers);
  if (request.method === 'HEAD') response.end();
  else await sendPieces(response, pieces(), gone);
};

/** The recording as asciicast v2. */
export const sendAsciicastV2: Format = async (exchange, wanted) => {
  mustBeTerminal(wanted);
  const headers = { ...attachment(wanted, 'cast'), 'content-type': 'application/x-asciicast' };
  const runs = runsOf(exchange, wanted);
  return sendText(exchange, wanted, headers, () =>
    writeAsciicastV2(asciicastFieldsOf(wanted.session, wanted.recording), runs),
  );
};

const sendAsciicastV3: Format = async (exchange, wanted) => {
  mustBeTerminal(wanted);
  const headers = { ...attachment(wanted, 'v3.cast'), 'content-type': 'application/x-asciicast' };
  const runs = runsOf(exchange, wanted);
  await sendText(exchange, wanted, headers, () =>
    writeAsciicastV3(asciicastFieldsOf(wanted.session, wanted.recording), runs),
  );
};

/** The recording as a JSON tuple a line. */
export const sendNdjson: Format = (exchange, wanted) => {
  const headers = { ...attachment(wanted, 'ndjson'), 'content-type': 'application/x-ndjson' };
  const runs = runsOf(exchange, wanted);
  return sendText(exchange, wanted, headers, () => writeNdjson(runs));
};

/**
 * What happened in it as the session log's clients know it: a JSON object for each request with its answer; for a browser's a
 * JSON tuple for each event.
 */
export const sendSessionLog: Format = (exchange, wanted) => {
  const { kind, startedAtMs } = wanted.recording;
  const requests = exchangeKinds.find((each) => each === kind);
  if (requests === undefined) return sendNdjson(exchange, wanted);
  const headers = { ...attachment(wanted, 'ndjson'), 'content-type': 'application/x-ndjson' };
  const runs = runsOf(exchange, wanted);
  return sendText(exchange, wanted, headers, () => writeSessionLog(requests, startedAtMs, runs));
};

/** The recording as HAR 1.2. @throws NotFound when it is of another kind */
const sendHar: Format = async (exchange, wanted) => {
  const { session, recording } = wanted;
  if (recording.kind !== 'HTTP') throw new NotFound(`a HAR is of HTTP, and this recording is ${recording.kind}`);
  const headers = { ...attachment(wanted, 'har'), 'content-type': 'application/json' };
  const fields = harFieldsOf(session, recording, exchange.parts.version);
  const runs = runsOf(exchange, wanted);
  await sendText(exchange, wanted, headers, () => writeHar(fields, runs));
};

/** @throws NotFound when nothing of it is in a closed chunk yet, or its file is gone */
const storedOf = async ({ parts, viewer }: Exchange, { recording }: Wanted): Promise<StoredRecording> => {
  const stored = await parts.reader.stored(visibilityOf(viewer), recording.recordingId);
  if (stored === null)
    throw new NotFound(
      'no file of this recording is there: nothing of it is in a closed chunk yet, or the file is gone',
    );
  return stored;
};

const sendRecZst: Format = async (exchange, wanted) =>
  sendStored(exchange, wanted, await storedOf(exchange, wanted), {
    ...attachment(wanted, 'rec.zst'),
    'content-type': 'application/zstd',
  });

async function* msgpackOf(runs: AsyncIterable<Run>): AsyncGenerator<Uint8Array, void, void> {
  for await (const run of runs) yield run.msgpack;
}

/**
 * A sealed recording whose bytes hold is its stored frames, unpacked, or as they are for a client that takes zstd. Of others
 * the events that can be read, those that are in no chunk yet with them.
 */
const sendMsgpack: Format = async (exchange, wanted) => {
  const { request, response } = exchange;
  const headers = { ...attachment(wanted, 'msgpack'), 'content-type': 'application/msgpack' };
  response.appendHeader('vary', 'accept-encoding');
  const { recording } = wanted;
  if (recording.signature === null || recording.state === 'CORRUPT') {
    return sendText(exchange, wanted, headers, () => msgpackOf(runsOf(exchange, wanted)));
  }
  const stored = await storedOf(exchange, wanted);
  const frames = (): AsyncIterable<Uint8Array> => stored.read(0, stored.size);
  if (!takesCoding(request, 'zstd')) return sendText(exchange, wanted, headers, () => unpacked(frames()));
  response.setHeader('content-length', stored.size);
  return sendText(exchange, wanted, { ...headers, 'content-encoding': 'zstd' }, frames);
};

const formats: Readonly<Record<string, Format>> = {
  'rec.zst': sendRecZst,
  msgpack: sendMsgpack,
  cast: sendAsciicastV2,
  'v3.cast': sendAsciicastV3,
  ndjson: sendNdjson,
  har: sendHar,
};

const UUID_LENGTH = 36;

const answerDownload = async (exchange: Exchange, parameters: PathParameters): Promise<void> => {
  const file = parameter(parameters, 'file');
  const id = file.slice(0, UUID_LENGTH);
  const extension = file.slice(UUID_LENGTH + 1);
  if (!isUuid(id) || file[UUID_LENGTH] !== '.') {
    throw new InvalidInput('recordingId', 'the path must be /recordings/ and a UUID with one of the formats behind it');
  }
  const send = Object.hasOwn(formats, extension) ? formats[extension] : undefined;
  if (send === undefined) throw new NotFound(`a recording has the formats .${Object.keys(formats).join(', .')}`);
  const { parts, viewer } = exchange;
  const recording = await parts.catalog.recording(visibilityOf(viewer), parseRecordingId(id));
  if (recording === null) throw new NotFound('no such recording');
  const session = await parts.catalog.session(visibilityOf(viewer), recording.sessionId);
  await send(exchange, { recording, session: session ?? noSuchSession(), format: extension });
};

export const downloadRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/recordings/:file', action: 'read-recording', handle: answerDownload },
];
