import type { PayloadOf } from '../../model/event-shapes.ts';
import { decodeBase64 } from '../base64.ts';
import type { HeaderList } from './cookies.ts';
import {
  countOrNull,
  fitting,
  type JsonMap,
  listOf,
  mapOf,
  mapOrNull,
  millisecondsOrNull,
  textOrNull,
  without,
} from './har-values.ts';

type Fields<Code extends 'req' | 'res'> = Omit<PayloadOf<Code>, 'requestId'>;

/** An entry of a HAR, as events tell it. */
export type HarEntry = {
  /** Milliseconds since the epoch; null where the entry does not say, or nonsense. */
  readonly startedAtMs: number | null;
  readonly request: Fields<'req'>;
  /** Null: the entry has none. */
  readonly response: Fields<'res'> | null;
  readonly requestBody: Uint8Array | null;
  readonly responseBody: Uint8Array | null;
};

/** Characters of a url, of all headers of a message, and of what a HAR tells beside: an event has room for all of them. */
const URL_LENGTH_MAX = 96 * 1024;
const HEADERS_LENGTH_MAX = 128 * 1024;
const EXTRA_LENGTH_MAX = 96 * 1024;

const timingNames = ['blocked', 'dns', 'connect', 'ssl', 'send', 'wait', 'receive'] as const;
const INT_MAX = 2 ** 31 - 1;
const encoder = new TextEncoder();

/** Reads one item of log.entries. Null: there is no request in it that has a method and a url. */
export const readHarEntry = (value: unknown): HarEntry | null => {
  const entry = mapOf(value);
  const request = mapOf(entry['request']);
  if (textOrNull(request['method']) === null || textOrNull(request['url']) === null) return null;
  const response = mapOrNull(entry['response']);
  return {
    startedAtMs: readMoment(entry['startedDateTime']),
    request: readRequest(entry, request),
    response: response === null ? null : readResponse(entry, response),
    requestBody: readText(mapOf(request['postData'])),
    responseBody: response === null ? null : readText(mapOf(response['content'])),
  };
};

/** When the item was sent, alone: as HarEntry.startedAtMs. */
export const momentOf = (item: unknown): number | null => readMoment(mapOf(item)['startedDateTime']);

/** Milliseconds since the epoch; null for what is no time after it. */
export const readMoment = (value: unknown): number | null => {
  const timeMs = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value) ? Date.parse(value) : Number.NaN;
  return timeMs >= 0 ? Math.floor(timeMs) : null;
};

const readRequest = (entry: JsonMap, request: JsonMap): Fields<'req'> => {
  const url = (textOrNull(request['url']) ?? '').toWellFormed();
  const headers = readHeaders(request['headers']);
  const known = ['method', 'url', 'httpVersion', 'headers', 'queryString', 'bodySize', 'postData'];
  const extra = {
    ...without(entry, ['startedDateTime', 'time', 'request', 'response', 'timings', 'serverIPAddress']),
    ...unlessEmpty('request', {
      ...withoutCookies(without(request, known), headers.list, 'cookie'),
      ...leftOut(url, headers),
    }),
    ...unlessEmpty('postData', without(mapOf(request['postData']), ['text'])),
  };
  return {
    method: (textOrNull(request['method']) ?? '').slice(0, URL_LENGTH_MAX).toWellFormed(),
    url: url.slice(0, URL_LENGTH_MAX).toWellFormed(),
    httpVersion: shortText(request['httpVersion']),
    headers: headers.list,
    bodySize: countOrNull(request['bodySize']),
    har: extraOf(extra),
  };
};

const readResponse = (entry: JsonMap, response: JsonMap): Fields<'res'> => {
  const headers = readHeaders(response['headers']);
  const timings = mapOf(entry['timings']);
  const known = ['status', 'statusText', 'httpVersion', 'headers', 'bodySize', 'content', '_error'];
  const content = mapOf(response['content']);
  const isBroken = content['encoding'] === 'base64' && bytesOf(content) === null;
  const extra = {
    ...withoutCookies(without(response, known), headers.list, 'set-cookie'),
    ...leftOut('', headers),
    ...unlessEmpty('content', without(content, isBroken ? ['text', 'encoding'] : ['text'])),
    ...unlessEmpty('timings', without(timings, timingNames)),
  };
  const status = response['status'];
  return {
    status: typeof status === 'number' && Number.isInteger(status) && Math.abs(status) <= INT_MAX ? status : null,
    statusText: shortText(response['statusText']),
    httpVersion: shortText(response['httpVersion']),
    headers: headers.list,
    bodySize: countOrNull(response['bodySize']),
    durationMs: durationOf(entry['time'], timings),
    timings: Object.fromEntries(timingNames.map((name) => [name, millisecondsOrNull(timings[name])])),
    serverAddress: shortText(entry['serverIPAddress']),
    error: shortText(response['_error']),
    har: extraOf(extra),
  };
};

/** The whole time, or what its parts are together; `ssl` is a part of `connect`. */
const durationOf = (time: unknown, timings: JsonMap): number | null => {
  const whole = millisecondsOrNull(time);
  if (whole !== null) return whole;
  const parts = timingNames
    .filter((name) => name !== 'ssl')
    .map((name) => millisecondsOrNull(timings[name]))
    .filter((part) => part !== null);
  return parts.length === 0 ? null : parts.reduce((sum, part) => sum + part, 0);
};

type ReadHeaders = { readonly list: HeaderList; readonly leftOut: number };

const readHeaders = (value: unknown): ReadHeaders => {
  const list: (readonly [string, string])[] = [];
  let left = HEADERS_LENGTH_MAX;
  let count = 0;
  for (const item of listOf(value)) {
    const { name, value: text } = mapOf(item);
    if (typeof name !== 'string' || (typeof text !== 'string' && typeof text !== 'number')) continue;
    left -= name.length + String(text).length;
    if (left < 0) count += 1;
    else list.push([name.toWellFormed(), String(text).toWellFormed()]);
  }
  return { list, leftOut: count };
};

/** What was too long to be kept, and how much there was. */
const leftOut = (url: string, { leftOut: headers }: ReadHeaders): JsonMap => ({
  ...(url.length > URL_LENGTH_MAX ? { _urlLength: url.length } : {}),
  ...(headers > 0 ? { _headersLeftOut: headers } : {}),
});

/** Cookies are in the headers; where they are not, they stay beside them. */
const withoutCookies = (map: JsonMap, headers: HeaderList, name: string): JsonMap =>
  listOf(map['cookies']).length === 0 || headers.some(([each]) => each.toLowerCase() === name)
    ? without(map, ['cookies'])
    : map;

const unlessEmpty = (name: string, map: JsonMap): JsonMap => (Object.keys(map).length === 0 ? {} : { [name]: map });

/** The fields that fit; null when there are none. */
const extraOf = (extra: JsonMap): JsonMap | null => {
  const fields = fitting(extra, EXTRA_LENGTH_MAX);
  return Object.keys(fields).length === 0 ? null : fields;
};

const shortText = (value: unknown): string | null => textOrNull(value)?.slice(0, 4096).toWellFormed() ?? null;

/** The bytes of `text`; null where there is none. Base64 that is none counts as the text that it is. */
const readText = (content: JsonMap): Uint8Array | null => {
  const text = textOrNull(content['text']);
  return text === null ? null : (bytesOf(content) ?? encoder.encode(text));
};

/** The bytes of text in base64; null for other text. */
const bytesOf = (content: JsonMap): Uint8Array | null => {
  const isBase64 = content['encoding'] === 'base64' || content['_encoding'] === 'base64';
  return isBase64 ? decodeBase64(textOrNull(content['text']) ?? '') : null;
};
