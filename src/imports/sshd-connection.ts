import type { SshdMessage, SshdPeer } from '../format/sshd/sshd-message.ts';
import type { LogMoment } from './log-clock.ts';

type Sign = Extract<SshdMessage, { readonly kind: 'sign' }>;

/** A refused attempt. */
export type Attempt = {
  readonly user: string | null;
  readonly peer: SshdPeer;
  readonly reason: string;
  readonly at: LogMoment;
  readonly software: string | null;
};

/**
 * What one process of an SSH server says of its connection. One attempt leaves several lines (the user is invalid, the password
 * failed, the connection was closed): they are one attempt, told with the reason that explains most.
 */
export class SshdConnection {
  /** Milliseconds since the epoch of its last line. */
  lastAtMs = 0;
  software: string | null = null;
  /** Of the server; null where no line says it. */
  port: number | null = null;
  #peer: SshdPeer | null = null;
  /** The users of whom a failure was told. */
  readonly #told = new Set<string>();
  #sign: { readonly sign: Sign; readonly at: LogMoment } | null = null;

  get peer(): SshdPeer | null {
    return this.#peer;
  }

  /** The lines that follow are of a connection from there. @returns the attempt of another one, when it was not told yet */
  from(peer: SshdPeer | null): Attempt | null {
    if (peer === null || isSame(peer, this.#peer)) {
      if (peer !== null && this.#peer?.port === null) this.#peer = peer;
      this.#peer ??= peer;
      return null;
    }
    const before = this.end();
    this.#told.clear();
    if (this.#peer !== null) this.software = null;
    this.#peer = peer;
    return before;
  }

  /** An attempt failed. What hinted at it is the same attempt. */
  failed(user: string | null, reason: string, at: LogMoment): Attempt | null {
    this.#sign = null;
    if (this.#peer === null) return null;
    if (user !== null && this.#told.size < USERS_MAX) this.#told.add(user);
    return { user, peer: this.#peer, reason, at, software: this.software };
  }

  /** A sign of a failure. @returns the attempt before it, when this is another */
  sign(sign: Sign, at: LogMoment): Attempt | null {
    const isTold = sign.user === null ? this.#told.size > 0 : this.#told.has(sign.user);
    if (isTold) return null;
    const held = this.#sign?.sign ?? null;
    const isAnother =
      held !== null &&
      (held.reason === sign.reason || (held.user !== null && sign.user !== null && held.user !== sign.user));
    const before = isAnother ? this.end() : null;
    const rest = this.#sign;
    if (rest === null) this.#sign = { sign, at };
    else {
      const { reason, weight } = rest.sign.weight >= sign.weight ? rest.sign : sign;
      this.#sign = { sign: { ...rest.sign, user: rest.sign.user ?? sign.user, reason, weight }, at: rest.at };
    }
    return before;
  }

  /** Somebody is in: nothing was refused. */
  accepted(): void {
    this.#sign = null;
  }

  /** The attempt that only signs told of, if there is one. */
  end(): Attempt | null {
    const held = this.#sign;
    this.#sign = null;
    if (held === null || this.#peer === null) return null;
    const { user, reason } = held.sign;
    return { user, peer: this.#peer, reason, at: held.at, software: this.software };
  }
}

/** Users of one connection who are remembered. */
const USERS_MAX = 100;

const isSame = (one: SshdPeer, other: SshdPeer | null): boolean =>
  other === null || (one.ip === other.ip && (one.port === other.port || one.port === null || other.port === null));
