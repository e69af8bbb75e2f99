import { CONNECTIONS_PER_ADDRESS_MAX, WATCHER_STALLED_MS } from '../model/limits.ts';

/** How long the server waits for its clients, and how much it takes from one of them before it knows who it is. */
export type EdgeLimits = {
  /** From the connection, or the end of the answer before, until all headers are there; also for a TLS handshake. */
  readonly headersMs: number;
  /** From the first byte of a request until its body is there. */
  readonly requestMs: number;
  /** A connection without a request stays open this long. */
  readonly keepAliveMs: number;
  /** An answer whose client takes none of its waiting bytes for this long is broken off. One without any waits as long as it likes. */
  readonly stalledMs: number;
  /** The times above are looked at this often. */
  readonly checkMs: number;
  /** Of one address, or one IPv6 network of 64 bits, that is no trusted proxy. */
  readonly connectionsPerAddressMax: number;
  readonly headerBytesMax: number;
  readonly headersMax: number;
};

export const edgeLimits: EdgeLimits = {
  headersMs: 10_000,
  requestMs: 60_000,
  // Longer than proxies keep theirs, which else send a request into a connection that is being closed.
  keepAliveMs: 65_000,
  stalledMs: WATCHER_STALLED_MS,
  checkMs: 1_000,
  connectionsPerAddressMax: CONNECTIONS_PER_ADDRESS_MAX,
  headerBytesMax: 16 * 1024,
  headersMax: 200,
};
