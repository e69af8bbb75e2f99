import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PROCESS_ACCOUNT } from '../model/account.ts';
import { RateLimited } from '../model/errors.ts';
import { PAGES_PER_ADDRESS_MAX, PAGES_WINDOW_MS, PRODUCER_REQUESTS_PER_SECOND_MAX } from '../model/limits.ts';
import type { Viewer } from '../model/viewer.ts';
import { AddressBuckets } from './address-buckets.ts';
import type { Metrics } from './metrics.ts';
import type { NetworkSettings } from './settings.ts';
import { addressGroup } from '../model/ip-address.ts';

/** What a caller may do in a second may come all at once in this many. */
const WINDOW_SECONDS = 5;
/** A WebSocket may be tried again after this. */
const SOCKET_RETRY_SECONDS = 10;

type Bounds = Pick<NetworkSettings, 'requestsPerSecondMax' | 'socketsPerAccountMax' | 'socketsPerAddressMax'>;

/** How many there are of each name. A name without any takes no memory. */
class Counts {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string, change: 1 | -1): void {
    const count = this.of(name) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}

/**
 * How much one caller may ask of the server, over all transports. Callers are told apart by their account, so that people
 * behind one address do not wait for one another, and nobody has more for having signed in often; what this process asks of
 * itself is not counted. Memory: an entry an account that asked within the window, and one for each account and address that
 * has sockets open.
 */
export class Admission {
  readonly #bounds: Bounds;
  readonly #metrics: Pick<Metrics, 'rateLimited' | 'socketOpened'>;
  readonly #people: RateLimiterMemory;
  readonly #producers: RateLimiterMemory;
  readonly #pages = new RateLimiterMemory({ points: PAGES_PER_ADDRESS_MAX, duration: PAGES_WINDOW_MS / 1000 });
  readonly #buckets = new AddressBuckets();
  readonly #socketsOfAccount = new Counts();
  readonly #socketsOfGroup = new Counts();

  constructor(bounds: Bounds, metrics: Pick<Metrics, 'rateLimited' | 'socketOpened'>) {
    this.#bounds = bounds;
    this.#metrics = metrics;
    const limiter = (perSecond: number): RateLimiterMemory =>
      new RateLimiterMemory({ points: perSecond * WINDOW_SECONDS, duration: WINDOW_SECONDS });
    this.#people = limiter(bounds.requestsPerSecondMax);
    this.#producers = limiter(PRODUCER_REQUESTS_PER_SECOND_MAX);
  }

  /** Counts a request, or an operation on a WebSocket. @throws RateLimited when there were too many */
  async request({ account, role }: Pick<Viewer, 'account' | 'role'>): Promise<void> {
    if (account === PROCESS_ACCOUNT) return;
    const isProducer = role === 'PRODUCER';
    const perSecond = isProducer ? PRODUCER_REQUESTS_PER_SECOND_MAX : this.#bounds.requestsPerSecondMax;
    const message = `at most ${perSecond} requests a second of one account, over ${WINDOW_SECONDS} seconds`;
    await this.#consume(isProducer ? this.#producers : this.#people, account, message);
  }

  /** Counts a page that is sent to whoever asks. @throws RateLimited when there were too many for this address */
  async page(ip: string): Promise<void> {
    const message = `at most ${PAGES_PER_ADDRESS_MAX} pages in ${PAGES_WINDOW_MS / 1000} seconds for one address`;
    await this.#consume(this.#pages, this.#buckets.of(ip), message);
  }

  /** Counts a WebSocket until it is disposed. Disposing again is the same. @throws RateLimited when too many are open */
  openSocket({ account }: Pick<Viewer, 'account'>, ip: string | null): Disposable {
    const { socketsPerAccountMax, socketsPerAddressMax } = this.#bounds;
    const group = addressGroup(ip ?? '');
    if (this.#socketsOfAccount.of(account) >= socketsPerAccountMax) {
      this.#refuseSocket(`at most ${socketsPerAccountMax} WebSockets are open at once of one account`);
    }
    if (this.#socketsOfGroup.of(group) >= socketsPerAddressMax) {
      this.#refuseSocket(`at most ${socketsPerAddressMax} WebSockets are open at once from one address`);
    }
    const counted = this.#metrics.socketOpened();
    this.#count(account, group, 1);
    let isOpen = true;
    return {
      [Symbol.dispose]: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#count(account, group, -1);
        counted[Symbol.dispose]();
      },
    };
  }

  async #consume(limiter: RateLimiterMemory, key: string, message: string): Promise<void> {
    try {
      await limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.#metrics.rateLimited('requests');
      throw new RateLimited(message, Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
    }
  }

  #count(account: string, group: string, change: 1 | -1): void {
    this.#socketsOfAccount.add(account, change);
    this.#socketsOfGroup.add(group, change);
  }

  #refuseSocket(message: string): never {
    this.#metrics.rateLimited('sockets');
    throw new RateLimited(message, SOCKET_RETRY_SECONDS);
  }
}
