import { isJsonObject, type JsonObject, numberAt, objectAt, textAt, textsAt } from '../lines/json-fields.ts';
import { readInstant } from '../lines/log-time.ts';
import { type AccessEntry, statusOf } from './access-entry.ts';

/** A line of Caddy's or Traefik's access log as JSON. Null when it is none. */
export const readJsonEntry = (line: string): AccessEntry | null => {
  const value = parse(line);
  if (!isJsonObject(value)) return null;
  return readCaddy(value) ?? readTraefik(value);
};

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null;
  }
};

const readCaddy = (value: JsonObject): AccessEntry | null => {
  const request = objectAt(value, 'request');
  const method = textAt(request, 'method');
  const address = textAt(request, 'client_ip') ?? textAt(request, 'remote_ip') ?? textAt(request, 'remote_addr');
  const endedAtMs = caddyTime(value);
  if (method === null || address === null || endedAtMs === null) return null;
  const durationMs = millisecondsOf(numberAt(value, 'duration'), 1000);
  const headers = objectAt(request, 'headers');
  const host = textAt(request, 'host');
  const user = textAt(value, 'user_id');
  return {
    address: withoutPort(address),
    port: numberAt(request, 'remote_port'),
    user,
    host: host?.replace(/:\d+$/, '') ?? null,
    request: { method, url: textAt(request, 'uri') ?? '', httpVersion: textAt(request, 'proto') },
    status: statusOf(numberAt(value, 'status')),
    bodySize: wholeOf(numberAt(value, 'size')),
    headers: [...(host === null ? [] : [['Host', host] as const]), ...headersOf(headers)],
    agent: textsAt(headers, 'User-Agent')[0] ?? null,
    upstream: null,
    startedAtMs: endedAtMs - Math.floor(durationMs ?? 0),
    durationMs,
  };
};

/** Older versions write the port behind the address. */
const withoutPort = (address: string): string =>
  /^\[?([^\]]+)\]:\d+$|^([^:]+):\d+$/.exec(address)?.slice(1).find(Boolean) ?? address;

/** Seconds since the epoch, or RFC 3339. */
const caddyTime = (value: JsonObject): number | null => {
  const seconds = numberAt(value, 'ts');
  if (seconds !== null) return seconds > 0 && seconds < 1e11 ? Math.floor(seconds * 1000) : null;
  return readInstant(textAt(value, 'ts') ?? '');
};

const headersOf = (headers: JsonObject): AccessEntry['headers'] =>
  Object.keys(headers).flatMap((name) => textsAt(headers, name).map((text) => [name, text] as const));

const readTraefik = (value: JsonObject): AccessEntry | null => {
  const method = textAt(value, 'RequestMethod');
  const address = textAt(value, 'ClientHost');
  const startedAtMs = readInstant(textAt(value, 'StartUTC') ?? textAt(value, 'time') ?? '');
  if (method === null || address === null || startedAtMs === null) return null;
  const user = textAt(value, 'ClientUsername');
  const host = textAt(value, 'RequestHost');
  const prefix = 'request_';
  const sent = Object.keys(value).filter((name) => name.startsWith(prefix));
  return {
    address,
    port: numberAt(value, 'ClientPort'),
    user: user === '-' ? null : user,
    host,
    request: { method, url: textAt(value, 'RequestPath') ?? '', httpVersion: textAt(value, 'RequestProtocol') },
    status: statusOf(numberAt(value, 'DownstreamStatus')),
    bodySize: wholeOf(numberAt(value, 'DownstreamContentSize')),
    headers: sent.flatMap((name) => {
      const text = textAt(value, name);
      return text === null ? [] : [[name.slice(prefix.length), text] as const];
    }),
    agent: textAt(value, 'request_User-Agent'),
    upstream: textAt(value, 'ServiceAddr'),
    startedAtMs,
    // Traefik counts nanoseconds.
    durationMs: millisecondsOf(numberAt(value, 'Duration'), 1e-6),
  };
};

const wholeOf = (number: number | null): number | null =>
  number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null;

/** @param factor milliseconds of one */
const millisecondsOf = (number: number | null, factor: number): number | null => {
  if (number === null || number < 0) return null;
  const ms = Math.round(number * factor * 1000) / 1000;
  return ms < 366 * 86_400_000 ? ms : null;
};
