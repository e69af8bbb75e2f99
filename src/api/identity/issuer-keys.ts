import {
  createRemoteJWKSet,
  type CryptoKey,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type RemoteJWKSet,
} from 'jose';
import type { OpenIdProvider } from './open-id-provider.ts';

const TIMEOUT_MS = 5_000;
/** A key that is unknown makes the keys be read again, when they were not read within this time. */
const COOLDOWN_MS = 30_000;
/** Keys that are older are read again, while they are used: one that the issuer took back is not taken for long. */
const AGE_MS = 10 * 60_000;
/** An issuer that does not answer is asked again after this, and not before. */
const RETRY_MS = 5_000;

/**
 * The keys that an issuer signs with (RFC 7517). Those that were read are used for as long as the issuer gives no others:
 * one that is down keeps nobody out whose key is known, whatever strangers send.
 */
export class IssuerKeys {
  readonly #provider: OpenIdProvider;
  readonly #clock: () => number;
  readonly #keys: RemoteJWKSet;
  /** Null: never. */
  #readAtMs: number | null = null;
  #askAgainAtMs = 0;

  constructor(url: URL, provider: OpenIdProvider, clock: () => number) {
    this.#provider = provider;
    this.#clock = clock;
    // It asks for the keys when it is told to, and never by itself.
    const never = { cooldownDuration: Infinity, cacheMaxAge: Infinity };
    this.#keys = createRemoteJWKSet(url, { timeoutDuration: TIMEOUT_MS, ...never });
  }

  /**
   * The key that a token says it is signed with.
   * @throws Unavailable when it is not known, and the issuer cannot be asked
   * @throws JWKSNoMatchingKey when the issuer has no such key
   */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const ageMs = this.#readAtMs === null ? null : this.#clock() - this.#readAtMs;
    if (ageMs === null) await this.#read();
    // What is known is good enough until there is something newer.
    else if (ageMs > AGE_MS) this.#read().catch(() => {});
    try {
      return await this.#keys(header, token);
    } catch (error) {
      const isOld = ageMs !== null && ageMs >= COOLDOWN_MS;
      if (!(error instanceof errors.JWKSNoMatchingKey) || !isOld) throw error;
      await this.#read();
      return this.#keys(header, token);
    }
  }

  async #read(): Promise<void> {
    if (this.#clock() < this.#askAgainAtMs) throw this.#provider.unavailable(null);
    try {
      await this.#keys.reload();
      this.#readAtMs = this.#clock();
    } catch (error) {
      this.#askAgainAtMs = this.#clock() + RETRY_MS;
      throw this.#provider.unavailable(error);
    }
  }
}
