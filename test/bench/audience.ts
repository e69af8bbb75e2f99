import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the process of an audience is asked; each order is answered once. */
export type AudienceOrder =
  | {
      readonly kind: 'join';
      readonly url: string;
      readonly protocol: string | undefined;
      /** What a watcher says, one line after each answer; the watchers take one of these after the other. */
      readonly scripts: readonly (readonly string[])[];
      /** What stands in the messages that are awaited. */
      readonly marker: string;
      readonly from: number;
      readonly count: number;
    }
  /** Answered when that many messages have come in all. */
  | { readonly kind: 'await'; readonly came: number }
  | { readonly kind: 'leave' };

export type AudienceReport = {
  /** Messages with the marker that came to all watchers since they joined. */
  readonly came: number;
  /** All messages. */
  readonly all: number;
  /** The message by which an awaited number was reached. */
  readonly last: string;
};

/** Where watchers go, and what they say there. */
export type Venue = Pick<Extract<AudienceOrder, { kind: 'join' }>, 'url' | 'protocol' | 'scripts' | 'marker'>;

const script = fileURLToPath(new URL('audience-process.ts', import.meta.url));

/** Watchers in a process of their own, so that what they do is not the time of whoever measures. */
export class Audience implements Disposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;
  #size = 0;
  #awaited = 0;

  constructor() {
    this.#child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#ended = once(this.#child, 'exit').then(() => {
      throw new Error('the audience ended');
    });
    this.#ended.catch(() => {});
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves when these have joined too, and each has had its first message. */
  async join(venue: Venue, count: number): Promise<void> {
    await this.#ask({ kind: 'join', ...venue, from: this.#size, count });
    this.#size += count;
    await this.allHave(count);
  }

  /** Resolves when so many more have come in all. @returns the last of them, and how many messages came since they joined */
  async allHave(more: number): Promise<Pick<AudienceReport, 'last' | 'all'>> {
    this.#awaited += more;
    const { came, ...report } = await this.#ask({ kind: 'await', came: this.#awaited });
    if (came > this.#awaited) throw new Error(`${came} messages came, and ${this.#awaited} were awaited`);
    return report;
  }

  async leave(): Promise<void> {
    await this.#ask({ kind: 'leave' });
    this.#size = 0;
    this.#awaited = 0;
  }

  async #ask(order: AudienceOrder): Promise<AudienceReport> {
    const answer = once(this.#child, 'message') as Promise<[AudienceReport]>;
    this.#child.send(order);
    return (await Promise.race([answer, this.#ended]))[0];
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }
}
