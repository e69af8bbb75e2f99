import { randomUUIDv7 } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { NAME_LENGTH_MAX } from '../model/limits.ts';
import type { NetworkSettings } from './settings.ts';

/** Where a request comes from, as far as that can be known: its connection, and what proxies that are trusted say. */
export type RequestOrigin = {
  /** The client's address; IPv4 is never written as IPv6. Empty when the connection is gone already. */
  readonly ip: string;
  /** What the client's program calls itself, without control characters and cut to NAME_LENGTH_MAX; null when it says nothing. */
  readonly client: string | null;
  /** Names the request in its answer, in log lines and in the audit log. */
  readonly requestId: string;
  /** Whether the client speaks TLS, to this server or to the proxy before it. */
  readonly isSecure: boolean;
  readonly isFromTrustedProxy: boolean;
  /** Host and port that the client asked for; null when it did not say. */
  readonly host: string | null;
};

const requestIdPattern = /^[A-Za-z0-9._-]{1,64}$/;
const control = /\p{Cc}/gu;
const mappedPrefix = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;
/** An address as proxies write it: some add a port, and then put an IPv6 address into brackets. */
const entryPattern = /^(?:\[([^\]]+)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+):\d{1,5}|(.+))$/;

/** An address in the one way in which this product writes it; null for what is none. */
export const addressOf = (text: string): string | null => {
  // What follows % names a network card of this machine.
  const address = text.split('%', 1)[0]?.replace(mappedPrefix, '') ?? '';
  return isIP(address) === 0 ? null : address;
};

/** An address, or a block of them such as 10.0.0.0/8. @throws when it is neither */
const addBlock = (blocks: BlockList, text: string): void => {
  const [address = '', length] = text.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (length === undefined) blocks.addAddress(address, family);
  else blocks.addSubnet(address, Number(length), family);
};

/** Addresses and blocks as one thing to look in. @throws when one of them is neither */
export const blocksOf = (texts: readonly string[]): BlockList => {
  const blocks = new BlockList();
  for (const text of texts) addBlock(blocks, text);
  return blocks;
};

const blocksOfSettings = new WeakMap<readonly string[], BlockList>();

/** Whether what this address says of others counts. */
export const isTrustedProxy = (address: string, { trustedProxies }: NetworkSettings): boolean => {
  if (trustedProxies.length === 0 || address === '') return false;
  let blocks = blocksOfSettings.get(trustedProxies);
  if (blocks === undefined) {
    blocks = blocksOf(trustedProxies);
    blocksOfSettings.set(trustedProxies, blocks);
  }
  return blocks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
};

/** The last of a list's values: the nearest proxy wrote it, and the ones before may be anybody's. */
const lastOf = (header: string | readonly string[] | undefined): string | null => {
  const text = String(header ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return text === undefined || text === '' ? null : text;
};

/**
 * From the nearest hop back to the first that is no trusted proxy. What cannot be read ends the walk: whoever wrote it may
 * have written all before it, too.
 */
const clientAddress = (peer: string, request: IncomingMessage, network: NetworkSettings): string => {
  let address = peer;
  for (const entry of String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .toReversed()) {
    const match = entryPattern.exec(entry.trim());
    const next = addressOf(match?.[1] ?? match?.[2] ?? match?.[3] ?? '');
    if (next === null) return address;
    address = next;
    if (!isTrustedProxy(address, network)) return address;
  }
  return address;
};

const readOrigin = (request: IncomingMessage, network: NetworkSettings): RequestOrigin => {
  const { headers, socket } = request;
  const peer = addressOf(socket.remoteAddress ?? '') ?? '';
  const isFromTrustedProxy = isTrustedProxy(peer, network);
  const agent = headers['user-agent'];
  const direct = {
    client:
      agent === undefined || agent === '' ? null : agent.slice(0, NAME_LENGTH_MAX).replaceAll(control, '\u{fffd}'),
    isFromTrustedProxy,
  };
  const isEncrypted = socket instanceof TLSSocket;
  const host = headers.host ?? null;
  if (!isFromTrustedProxy) return { ...direct, ip: peer, requestId: randomUUIDv7(), isSecure: isEncrypted, host };
  const given = headers['x-request-id'];
  const proto = lastOf(headers['x-forwarded-proto']);
  return {
    ...direct,
    ip: clientAddress(peer, request, network),
    requestId: typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUIDv7(),
    isSecure: proto === null ? isEncrypted : proto.toLowerCase() === 'https',
    host: lastOf(headers['x-forwarded-host']) ?? host,
  };
};

const known = new WeakMap<IncomingMessage, RequestOrigin>();

/** Where this request comes from: the same answer, with the same id, whenever it is asked again. */
export const originOf = (request: IncomingMessage, network: NetworkSettings): RequestOrigin => {
  let origin = known.get(request);
  if (origin === undefined) {
    origin = readOrigin(request, network);
    known.set(request, origin);
  }
  return origin;
};
