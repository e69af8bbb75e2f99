import { createHash, randomBytes } from 'node:crypto';
import { addressGroup } from '../model/ip-address.ts';

/**
 * Names that addresses are counted by: one of 65,536, which bounds the memory of whoever counts. Two addresses that share one
 * share their count, and nobody can choose whose.
 */
export class AddressBuckets {
  readonly #salt = randomBytes(16);

  of(ip: string): string {
    const digest = createHash('sha256').update(this.#salt).update(addressGroup(ip)).digest();
    return `address ${digest.readUInt16BE(0)}`;
  }
}
