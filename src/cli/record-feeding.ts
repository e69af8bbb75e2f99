import { rmSync } from 'node:fs';
import { hearKillRequests } from '../client/kill-requests.ts';
import { type LeftoverOutcome, sendLeftovers, setAside } from '../client/leftovers.ts';
import { isPassing } from '../client/retry.ts';
import { SessionFeed, type FeedListener, type FeedState } from '../client/session-feed.ts';
import { Spool } from '../client/spool.ts';
import { SpoolOwner } from '../client/spool-owner.ts';
import { Fenced } from '../model/errors.ts';
import type { OpenSession, Producer } from '../model/intake.ts';
import { ownProcess } from './own-process.ts';
import { followingIntake, type RecordServer } from './record-server.ts';

export type RecordFeedingParts = {
  readonly server: RecordServer;
  readonly spoolFolder: string;
  /** Bytes of the session that wait for the server, beyond which events are lost. */
  readonly spoolBytesMax: number;
  readonly heartbeatMs: number;
  readonly session: OpenSession;
  readonly listener: FeedListener;
  /** Ends what is on its way to the server. */
  readonly hangUp: () => void;
};

/** The server knows by the token who feeds; this is not sent. */
const producer: Producer = { producer: 'local', actor: 'local' };

/** The first answer of the server is waited for this long before the command begins. */
const FIRST_ANSWER_MS = 3_000;
/** After the command a server that takes nothing is waited for this long; the rest is sent by a later run. */
const LAST_ANSWER_MS = 5_000;
/** … and one that is away, this long. */
const PATIENCE_MS = 1_000;

const clock = (): number => performance.now();
const random = (): number => Math.random();

/** What became of the session when its command had ended. */
export type FeedingEnd = {
  /** `sent`: the server has everything. `kept`: a later run sends the rest. `refused`: the rest will never be taken. */
  readonly kind: 'sent' | 'kept' | 'refused';
  readonly events: number;
  readonly folder: string;
  readonly error: unknown;
};

/** Feeds one session while its command runs, hears of its kill, and sends what earlier runs left. Disposing ends all of it. */
export class RecordFeeding implements AsyncDisposable {
  readonly feed: SessionFeed;
  readonly #spool: Spool;
  readonly #kills: Disposable;
  readonly #hangUp: () => void;
  readonly #leftovers = new AbortController();
  /** What earlier runs left and the server will never take. */
  readonly refusedLeftovers: LeftoverOutcome[] = [];
  readonly #first = Promise.withResolvers<FeedState>();

  /** @throws what the disk says: nothing can be spooled */
  constructor({ server, spoolFolder, spoolBytesMax, heartbeatMs, session, listener, hangUp }: RecordFeedingParts) {
    this.#hangUp = hangUp;
    const self = ownProcess();
    if (session.sessionId === null) throw new Error('a session that is spooled has an id of its producer');
    const owner = SpoolOwner.create(spoolFolder, session.sessionId, self);
    this.#spool = Spool.create(spoolFolder, { version: 1, server: server.key, session }, spoolBytesMax);
    const parts = { intake: followingIntake(server), producer, clock, random, heartbeatMs };
    const changed = (state: FeedState): void => {
      this.#first.resolve(state);
      listener.changed?.(state);
    };
    this.feed = new SessionFeed(
      { ...parts, spool: this.#spool, owner, patienceMs: PATIENCE_MS },
      { ...listener, changed },
    );
    this.#kills = hearKillRequests({ server: server.find, random, killed: (kill) => this.feed.hear(kill) });
    void this.#sendLeftovers({ ...parts, root: spoolFolder, server: server.key, self, patienceMs: Infinity });
  }

  /** What the server said first; `opening` when it says nothing for a while. */
  async first(): Promise<FeedState> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<FeedState>((resolve) => {
      timer = setTimeout(() => resolve({ kind: 'opening' }), FIRST_ANSWER_MS);
    });
    const state = await Promise.race([this.#first.promise, silence]);
    clearTimeout(timer);
    return state;
  }

  /** Forgets a session whose command never began. */
  async abandon(): Promise<void> {
    const { state } = this.feed;
    const isOpened = this.#spool.state.epoch !== null;
    await this.#stop();
    if (state.kind === 'over' || !isOpened) rmSync(this.#spool.folder, { recursive: true, force: true });
  }

  /** Sends the rest, for as long as the server takes it. Called when the feed was closed. */
  async finish(): Promise<FeedingEnd> {
    let left = this.#spool.waitingEvents;
    const watch = setInterval(() => {
      const { waitingEvents } = this.#spool;
      if (waitingEvents === left) void this.#stop();
      left = waitingEvents;
    }, LAST_ANSWER_MS);
    const { error } = await this.feed.over;
    clearInterval(watch);
    const { folder, waitingEvents: events } = this.#spool;
    if (error === null) return { kind: 'sent', events: 0, folder, error };
    // Fenced: another process may send it from the same folder.
    if (isPassing(error) || error instanceof Fenced) return { kind: 'kept', events, folder, error };
    if (events > 0) return { kind: 'refused', events, folder: setAside(folder), error };
    rmSync(folder, { recursive: true, force: true });
    return { kind: 'sent', events, folder, error };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leftovers.abort();
    this.#kills[Symbol.dispose]();
    await this.#stop();
  }

  async #stop(): Promise<void> {
    this.feed.stop();
    this.#hangUp();
    await this.feed.over;
  }

  async #sendLeftovers(parts: Parameters<typeof sendLeftovers>[0]): Promise<void> {
    for await (const outcome of sendLeftovers(parts, this.#leftovers.signal)) {
      if (outcome.kind === 'refused') this.refusedLeftovers.push(outcome);
    }
  }
}

/** Sends what earlier runs left for this server, and tells of each. */
export const sendSpooled = (
  server: RecordServer,
  spoolFolder: string,
  signal: AbortSignal,
): AsyncGenerator<LeftoverOutcome> => {
  const self = ownProcess();
  const intake = followingIntake(server);
  const parts = { intake, producer, clock, random, patienceMs: LAST_ANSWER_MS, root: spoolFolder, self };
  return sendLeftovers({ ...parts, server: server.key }, signal);
};
