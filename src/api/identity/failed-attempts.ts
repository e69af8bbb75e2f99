import { RateLimiterMemory } from 'rate-limiter-flexible';
import { RateLimited } from '../../model/errors.ts';
import { AUTHENTICATION_WINDOW_MS, FAILED_AUTHENTICATIONS_MAX } from '../../model/limits.ts';
import { AddressBuckets } from '../address-buckets.ts';

/** Somebody gave what is wrong, too often. */
export class TooManyFailures extends RateLimited {}

/**
 * Wrong secrets, counted by address and by the token that they were tried on. Only wrong ones are refused for it: whoever has
 * the right one always gets in, whatever others at the same address do.
 */
export class FailedAttempts {
  readonly #buckets = new AddressBuckets();
  readonly #limiter = new RateLimiterMemory({
    points: FAILED_AUTHENTICATIONS_MAX,
    duration: AUTHENTICATION_WINDOW_MS / 1000,
  });

  /**
   * @param tokenId the token that was meant, when there is such a token
   * @throws TooManyFailures beyond FAILED_AUTHENTICATIONS_MAX in AUTHENTICATION_WINDOW_MS
   */
  async count(ip: string, tokenId: string | null): Promise<void> {
    const keys = [this.#buckets.of(ip)];
    if (tokenId !== null) keys.push(`token ${tokenId}`);
    const counts = await Promise.all(keys.map((key) => this.#limiter.penalty(key)));
    const over = counts.filter(({ consumedPoints }) => consumedPoints > FAILED_AUTHENTICATIONS_MAX);
    if (over.length === 0) return;
    const waitSeconds = Math.ceil(Math.max(...over.map(({ msBeforeNext }) => msBeforeNext)) / 1000);
    const limit = `${FAILED_AUTHENTICATIONS_MAX} in ${AUTHENTICATION_WINDOW_MS / 1000} s`;
    throw new TooManyFailures(`too many wrong tokens: at most ${limit}`, Math.max(1, waitSeconds));
  }
}
