import { createHash, randomBytes } from 'node:crypto';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { RateLimited } from '../../model/errors.ts';
import { addressGroup } from '../../model/ip-address.ts';
import { AUTHENTICATION_WINDOW_MS, FAILED_AUTHENTICATIONS_MAX } from '../../model/limits.ts';

/**
 * Wrong secrets, counted by address and by the token that they were tried on. Only wrong ones are refused for it: whoever has
 * the right one always gets in, whatever others at the same address do.
 */
export class FailedAttempts {
  readonly #salt = randomBytes(16);
  readonly #limiter = new RateLimiterMemory({
    points: FAILED_AUTHENTICATIONS_MAX,
    duration: AUTHENTICATION_WINDOW_MS / 1000,
  });

  /**
   * @param tokenId the token that was meant, when there is such a token
   * @throws RateLimited beyond FAILED_AUTHENTICATIONS_MAX in AUTHENTICATION_WINDOW_MS
   */
  async count(ip: string, tokenId: string | null): Promise<void> {
    const keys = [this.#bucket(ip)];
    if (tokenId !== null) keys.push(`token ${tokenId}`);
    const counts = await Promise.all(keys.map((key) => this.#limiter.penalty(key)));
    const over = counts.filter(({ consumedPoints }) => consumedPoints > FAILED_AUTHENTICATIONS_MAX);
    if (over.length === 0) return;
    const waitSeconds = Math.ceil(Math.max(...over.map(({ msBeforeNext }) => msBeforeNext)) / 1000);
    const limit = `${FAILED_AUTHENTICATIONS_MAX} in ${AUTHENTICATION_WINDOW_MS / 1000} s`;
    throw new RateLimited(`too many wrong tokens: at most ${limit}`, Math.max(1, waitSeconds));
  }

  /** One of 65,536, which bounds the memory: two addresses that share one share their count, and nobody can choose whose. */
  #bucket(ip: string): string {
    const digest = createHash('sha256').update(this.#salt).update(addressGroup(ip)).digest();
    return `address ${digest.readUInt16BE(0)}`;
  }
}
