import type { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What an operation of GraphQL may be; `none` for a document that holds none. */
export type OperationKind = 'query' | 'mutation' | 'subscription' | 'none';
/** `refused`: by a limit, a rule or its caller's role, before or while it ran. `failed`: nobody expected what went wrong. */
export type OperationOutcome = 'done' | 'refused' | 'failed';

/** How a request ended. Its label values are of small closed sets: none is what a client sent. */
export type MeasuredRequest = {
  readonly method: string | undefined;
  /** The pattern that took the path; `none` when nothing did. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
};

/** Seconds. Streams and live downloads last as long as they are followed. */
const REQUEST_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
/** The event loop's delay is looked at this often. */
const LOOP_RESOLUTION_MS = 20;

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS']);

type Instruments = {
  readonly registry: Registry;
  readonly requests: Histogram;
  readonly operations: Counter;
  readonly refusedAuthentications: Counter;
  readonly rateLimited: Counter;
};

/** What is open now. */
type Open = { sockets: number; subscriptions: number; connections: number };

/** Something else that is looked at whenever somebody asks how the server does. */
export type Watched = { readonly name: string; readonly help: string; readonly read: () => number };

const makeInstruments = async (open: Open, watched: readonly Watched[]): Promise<Instruments> => {
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_RESOLUTION_MS });
  const counter = (name: string, help: string, labelNames: readonly string[] = []): Counter =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('reeltime_websockets_open', 'WebSockets that are open', () => open.sockets);
  gauge('reeltime_graphql_subscriptions_open', 'Subscriptions that run, over all transports', () => open.subscriptions);
  gauge('reeltime_connections_open', 'Connections that are open', () => open.connections);
  for (const { name, help, read } of watched) gauge(name, help, read);
  return {
    registry,
    requests: new Histogram({
      name: 'reeltime_http_request_duration_seconds',
      help: 'HTTP requests, from their headers to the end of the answer',
      labelNames: ['method', 'route', 'status'],
      buckets: REQUEST_SECONDS,
      registers,
    }),
    operations: counter('reeltime_graphql_operations_total', 'GraphQL operations that ended', ['kind', 'outcome']),
    refusedAuthentications: counter(
      'reeltime_refused_authentications_total',
      'Requests and WebSockets without a valid credential',
    ),
    rateLimited: counter(
      'reeltime_rate_limited_total',
      'Requests, WebSockets and connections beyond what one caller may have',
      ['what'],
    ),
  };
};

/**
 * Counts what an operator needs to know of a running server. Counting never fails and never waits: what is counted before
 * `load` has ended is kept, and counted then. The package takes longer to load than a server should to start.
 */
export class Metrics {
  readonly #open: Open = { sockets: 0, subscriptions: 0, connections: 0 };
  #waiting: ((instruments: Instruments) => void)[] = [];
  #instruments: Instruments | null = null;
  #loading: Promise<Instruments> | null = null;
  readonly #watched: readonly Watched[];

  constructor(watched: readonly Watched[] = []) {
    this.#watched = watched;
  }

  /** To be called once the server listens. Calling it again is the same. */
  async load(): Promise<void> {
    await this.#load();
  }

  request({ method = '', route, status, seconds }: MeasuredRequest): void {
    const labels = {
      method: knownMethods.has(method) ? method : 'other',
      route,
      status: `${Math.floor(status / 100)}xx`,
    };
    this.#tell(({ requests }) => requests.observe(labels, seconds));
  }

  /** An operation that ended, over any transport. */
  graphqlOperation(kind: OperationKind, outcome: OperationOutcome): void {
    this.#tell(({ operations }) => operations.inc({ kind, outcome }));
  }

  refusedAuthentication(): void {
    this.#tell(({ refusedAuthentications }) => refusedAuthentications.inc());
  }

  rateLimited(what: 'requests' | 'sockets' | 'connections'): void {
    this.#tell(({ rateLimited }) => rateLimited.inc({ what }));
  }

  /** Counts as open until it is disposed, once. */
  socketOpened(): Disposable {
    return this.#count('sockets');
  }

  /** Counts as running until it is disposed, once. */
  subscriptionOpened(): Disposable {
    return this.#count('subscriptions');
  }

  /** Counts as open until it is disposed, once. */
  connectionOpened(): Disposable {
    return this.#count('connections');
  }

  /** All of it in Prometheus' text format. */
  async text(): Promise<{ readonly contentType: string; readonly text: string }> {
    const { registry } = await this.#load();
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  #count(what: keyof Open): Disposable {
    this.#open[what] += 1;
    return {
      [Symbol.dispose]: () => {
        this.#open[what] -= 1;
      },
    };
  }

  #tell(count: (instruments: Instruments) => void): void {
    if (this.#instruments === null) this.#waiting.push(count);
    else count(this.#instruments);
  }

  #load(): Promise<Instruments> {
    this.#loading ??= makeInstruments(this.#open, this.#watched).then((instruments) => {
      this.#instruments = instruments;
      for (const count of this.#waiting) count(instruments);
      this.#waiting = [];
      return instruments;
    });
    return this.#loading;
  }
}
