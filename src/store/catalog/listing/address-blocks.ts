import { disjointRanges, type IpRange, isOneAddress, parseIpRange } from '../../../model/ip-range.ts';

/**
 * The block of a client's address, which sessions_by_address_block is an index of: the first bytes of client_ip_key, those of
 * a /24 for IPv4 (15, of the mapped address) and of a /64 for IPv6 (8). NOTE the same words as in the index.
 */
export const addressBlock = `substr(client_ip_key, 1, iif(substr(client_ip_key, 1, 12) = x'00000000000000000000ffff', 15, 8))`;

const IPV4_PREFIX = Buffer.from('00000000000000000000ffff', 'hex');
const IPV4_BLOCK_BYTES = 15;
const IPV6_BLOCK_BYTES = 8;
const KEY_BYTES = 16;

/** One address, all of a block, addresses within one block, or several whole blocks. Both ends are included. */
export type AddressPart = {
  readonly kind: 'address' | 'block' | 'addresses' | 'blocks';
  /** An address, or a block for 'block' and 'blocks'. */
  readonly from: Buffer;
  readonly to: Buffer;
};

const blockOf = (key: Buffer): Buffer =>
  key.subarray(0, key.subarray(0, IPV4_PREFIX.length).equals(IPV4_PREFIX) ? IPV4_BLOCK_BYTES : IPV6_BLOCK_BYTES);

/** The block that a part lies in, or begins with. */
export const firstBlockOf = ({ from }: AddressPart): Buffer => (from.length === KEY_BYTES ? blockOf(from) : from);

const filled = (block: Buffer, byte: number): Buffer =>
  Buffer.concat([block, Buffer.alloc(KEY_BYTES - block.length, byte)]);

/** What a filter's addresses ask for, in order: no address is in two of them. */
export const addressParts = (clientIps: readonly string[]): readonly AddressPart[] =>
  disjointRanges(clientIps.flatMap((text) => parseIpRange(text, 'clientIps'))).flatMap(partsOf);

/** NOTE of ranges over several blocks only one begins within a block: that of the IPv6 addresses above all of IPv4. */
const partsOf = (range: IpRange): readonly AddressPart[] => {
  const [from, to] = [Buffer.from(range.from), Buffer.from(range.to)];
  if (isOneAddress(range)) return [{ kind: 'address', from, to }];
  const [first, last] = [blockOf(from), blockOf(to)];
  const isAligned = filled(first, 0).equals(from);
  if (!first.equals(last)) {
    if (isAligned) return [{ kind: 'blocks', from: first, to: last }];
    // Greater than all blocks that begin with these bytes, of which those of IPv4 are many.
    const above = Buffer.concat([first, Buffer.of(0xff)]);
    return [
      { kind: 'addresses', from, to: filled(first, 0xff) },
      { kind: 'blocks', from: above, to: last },
    ];
  }
  return isAligned && filled(last, 0xff).equals(to)
    ? [{ kind: 'block', from: first, to: last }]
    : [{ kind: 'addresses', from, to }];
};
