import { isIpAddress } from '../../model/ip-address.ts';
import { readCommonLogTime } from '../lines/log-time.ts';
import { type AccessEntry, readRequestLine, statusOf } from './access-entry.ts';
import { unescapeLogText } from './log-escapes.ts';
import { type LogWord, logWords } from './log-words.ts';

/**
 * A line of the common or the combined log format, of both with the virtual host before it, of Traefik's with more behind it, or
 * of Nginx Proxy Manager's. Null when it is none.
 */
export const readTextEntry = (line: string): AccessEntry | null => {
  const words = logWords(line);
  const at = words.findIndex(({ kind, text }) => kind === 'bracketed' && readCommonLogTime(text) !== null);
  const atMs = readCommonLogTime(words[at]?.text ?? '');
  if (at === -1 || atMs === null) return null;
  return at === 0 ? readNginxProxy(words.slice(1), atMs) : readCommon(words.slice(0, at), words.slice(at + 1), atMs);
};

const readCommon = (before: readonly LogWord[], after: readonly LogWord[], atMs: number): AccessEntry | null => {
  const who = whoOf(before.map(({ text }) => text));
  const [request, status, size, referer, agent, ...rest] = after;
  if (who === null || request?.kind !== 'quoted' || !isNumber(status)) return null;
  const agentText = unquoted(agent);
  return {
    ...who,
    port: null,
    request: readRequestLine(unescapeLogText(request.text)),
    status: statusOf(status.text),
    bodySize: sizeOf(size?.text),
    headers: headersOf(who.host, unquoted(referer), agentText),
    agent: agentText,
    ...behind(rest),
    startedAtMs: atMs,
  };
};

/** Traefik writes the number of the request, the router, the server's URL and the milliseconds behind the agent. */
const behind = (rest: readonly LogWord[]): Pick<AccessEntry, 'upstream' | 'durationMs'> => {
  const [count, , server, took] = rest;
  const ms = /^(\d{1,12})ms$/.exec(took?.text ?? '')?.[1];
  if (!isNumber(count) || ms === undefined) return { upstream: null, durationMs: null };
  return { upstream: unquoted(server), durationMs: Number(ms) };
};

/** `[host[:port]] address identity user`; the last two may be missing. */
const whoOf = (words: readonly string[]): Pick<AccessEntry, 'address' | 'user' | 'host'> | null => {
  const [first = '', second = ''] = words;
  const hasHost = !isIpAddress(first) && isIpAddress(second);
  const [address = '', , ...user] = hasHost ? words.slice(1) : words;
  if (address === '' || (!hasHost && !isAddress(address))) return null;
  const name = unescapeLogText(user.join(' '));
  return {
    address,
    user: name === '' || name === '-' ? null : name,
    host: hasHost ? first.replace(/:\d+$/, '') : null,
  };
};

/** An IP address, or a name that one was looked up for. */
const isAddress = (text: string): boolean => isIpAddress(text) || /^[\w-]+(?:\.[\w-]+)*$/.test(text);

/** `[cache] [upstream's status] status - METHOD scheme host "uri" [Client …] [Length …] [Gzip …] [Sent-to …] "agent" "referer"`. */
const readNginxProxy = (words: readonly LogWord[], atMs: number): AccessEntry | null => {
  const uriAt = words.findIndex(({ kind }) => kind === 'quoted');
  const [dash, method, scheme, host] = words.slice(uriAt - 4, uriAt).map(({ text }) => text);
  const [agent, referer] = words.slice(uriAt + 1).filter(({ kind }) => kind === 'quoted');
  const bracketed = (name: string): string | null =>
    words.find(({ kind, text }) => kind === 'bracketed' && text.startsWith(`${name} `))?.text.slice(name.length + 1) ??
    null;
  const address = bracketed('Client');
  if (uriAt < 5 || dash !== '-' || address === null || host === undefined || method === undefined) return null;
  const url = unescapeLogText(words[uriAt]?.text ?? '');
  const agentText = unquoted(agent);
  return {
    address,
    port: null,
    user: null,
    host,
    request: { method, url: `${scheme}://${host}${url}`, httpVersion: null },
    status: statusOf(words[uriAt - 5]?.text ?? null),
    bodySize: sizeOf(bracketed('Length') ?? undefined),
    headers: headersOf(host, unquoted(referer), agentText),
    agent: agentText,
    upstream: bracketed('Sent-to'),
    startedAtMs: atMs,
    durationMs: null,
  };
};

const isNumber = (word: LogWord | undefined): word is LogWord => word?.kind === 'bare' && /^\d{1,15}$/.test(word.text);

/** Apache writes `-` where there was no byte. */
const sizeOf = (text: string | undefined): number | null => {
  if (text === '-') return 0;
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
};

/** The text of a quoted word; null where there is none, or a dash. */
const unquoted = (word: LogWord | undefined): string | null =>
  word?.kind !== 'quoted' || word.text === '-' || word.text === '' ? null : unescapeLogText(word.text);

const headersOf = (host: string | null, referer: string | null, agent: string | null): AccessEntry['headers'] =>
  (
    [
      ['Host', host],
      ['Referer', referer],
      ['User-Agent', agent],
    ] as const
  ).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
