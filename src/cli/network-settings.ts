import { InvalidArgumentError, Option } from 'commander';
import { blocksOf } from '../api/origin.ts';
import type { NetworkSettings } from '../api/settings.ts';
import {
  CONNECTIONS_MAX,
  REQUESTS_PER_SECOND_MAX,
  WEBSOCKETS_PER_ADDRESS_MAX,
  WEBSOCKETS_PER_ACCOUNT_MAX,
} from '../model/limits.ts';
import { listenOption, type Listen } from './settings.ts';
import { readTlsFiles } from './tls-files.ts';

/** What the command line and the environment say of the network. */
export type NetworkOptions = {
  readonly listen: Listen;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly publicUrl?: string;
  readonly trustedProxies: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly requestsPerSecond: number;
  readonly socketsPerToken: number;
  readonly socketsPerAddress: number;
  readonly connections: number;
};

/** The most that any of the numbers may be. */
const COUNT_MAX = 1_000_000;

const readCount = (text: string): number => {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > COUNT_MAX) {
    throw new InvalidArgumentError(`must be a whole number from 1 to ${COUNT_MAX}`);
  }
  return count;
};

const listOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

const mustBeBlock = (text: string): void => {
  const [, length] = /^[^/]+(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (length !== undefined && Number(length) === 0) {
    throw new InvalidArgumentError(`${text} is everybody, and what anybody says would be trusted`);
  }
  try {
    if (text.includes('/') && length === undefined) throw new Error('no length');
    blocksOf([text]);
  } catch {
    throw new InvalidArgumentError(`${text} is neither an address nor a block such as 10.0.0.0/8`);
  }
};

/** Addresses and CIDR blocks, divided by commas. */
export const readTrustedProxies = (text: string): readonly string[] => {
  const blocks = listOf(text);
  for (const block of blocks) mustBeBlock(block);
  return blocks;
};

const isHttp = (url: URL): boolean => url.protocol === 'http:' || url.protocol === 'https:';

/** Origins as browsers write them, divided by commas; never "any". */
export const readAllowedOrigins = (text: string): readonly string[] => {
  const origins = listOf(text);
  for (const origin of origins) {
    const url = URL.parse(origin);
    if (url === null || !isHttp(url) || url.origin !== origin || origin.includes('*')) {
      throw new InvalidArgumentError(`${origin} is no origin such as https://portal.example.com`);
    }
  }
  return origins;
};

/** Without a slash at the end. */
export const readPublicUrl = (text: string): string => {
  const url = URL.parse(text);
  if (url === null || !isHttp(url) || url.href !== `${url.origin}/`) {
    throw new InvalidArgumentError('must be http or https, a host, and nothing behind it: https://log.example.com');
  }
  return url.origin;
};

const count = (flags: string, description: string, environment: string, usual: number): Option =>
  new Option(flags, description).env(environment).default(usual).argParser(readCount);

/** How the server is reached, by whom, and by how many. */
export const networkOptions = (): readonly Option[] => [
  listenOption(),
  new Option('--tls-cert <file>', 'certificate chain as PEM: speak TLS, and no plain HTTP').env('REELTIME_TLS_CERT'),
  new Option('--tls-key <file>', 'its private key as PEM').env('REELTIME_TLS_KEY'),
  new Option('--public-url <url>', 'where people find this server when a proxy stands before it')
    .env('REELTIME_PUBLIC_URL')
    .argParser(readPublicUrl),
  new Option('--trusted-proxies <addresses>', 'reverse proxies whose X-Forwarded-* headers count')
    .env('REELTIME_TRUSTED_PROXIES')
    .default([], 'none')
    .argParser(readTrustedProxies),
  new Option('--allowed-origins <origins>', 'pages of other sites that may read answers and open WebSockets')
    .env('REELTIME_ALLOWED_ORIGINS')
    .default([], 'none')
    .argParser(readAllowedOrigins),
  count(
    '--requests-per-second <n>',
    'requests of one token, producers aside',
    'REELTIME_REQUESTS_PER_SECOND',
    REQUESTS_PER_SECOND_MAX,
  ),
  count(
    '--sockets-per-token <n>',
    'WebSockets that one token has open',
    'REELTIME_SOCKETS_PER_TOKEN',
    WEBSOCKETS_PER_ACCOUNT_MAX,
  ),
  count(
    '--sockets-per-address <n>',
    'WebSockets that one address has open',
    'REELTIME_SOCKETS_PER_ADDRESS',
    WEBSOCKETS_PER_ADDRESS_MAX,
  ),
  count('--connections <n>', 'connections that are open', 'REELTIME_CONNECTIONS', CONNECTIONS_MAX),
];

/** @throws UsageError naming the file when the certificate or its key cannot be used */
export const readNetworkSettings = (options: NetworkOptions): NetworkSettings => ({
  listen: options.listen,
  tls: readTlsFiles(options),
  publicUrl: options.publicUrl ?? null,
  trustedProxies: options.trustedProxies,
  allowedOrigins: options.allowedOrigins,
  requestsPerSecondMax: options.requestsPerSecond,
  socketsPerAccountMax: options.socketsPerToken,
  socketsPerAddressMax: options.socketsPerAddress,
  connectionsMax: options.connections,
});

/**
 * Why others may read what is sent, as one line; null on loopback, and with TLS. A proxy before the server keeps nobody from
 * going past it: what it is for can listen on loopback, too.
 */
export const exposure = ({ listen, tls }: NetworkSettings): string | null => {
  const isLoopback = /^(?:localhost|::1|127\.\d+\.\d+\.\d+)$/i.test(listen.host);
  if (isLoopback || tls !== null) return null;
  return `listening on ${listen.host} without TLS: tokens and recordings cross the network readable by others; give --tls-cert and --tls-key`;
};
