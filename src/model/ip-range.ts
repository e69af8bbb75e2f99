import { InvalidInput } from './errors.ts';
import { isIpAddress } from './ip-address.ts';

/** Addresses from one to another, both included, as 16 bytes each: an IPv4 address as the IPv6 one that it is mapped to. */
export type IpRange = { readonly from: Uint8Array; readonly to: Uint8Array };

/** Where an IPv4 address begins in its mapped form, ::ffff:0:0/96. */
const MAPPED_BITS = 96;

/** 16 bytes by which addresses are compared, however they were written; null for what is no address. */
export const addressKey = (ip: string): Uint8Array | null => {
  if (!isIpAddress(ip)) return null;
  return ip.includes(':')
    ? ipv6Bytes(ip)
    : Uint8Array.of(...Array(10).fill(0), 0xff, 0xff, ...ip.split('.').map(Number));
};

const ipv6Bytes = (ip: string): Uint8Array => {
  // The URL standard writes an address in one way: hexadecimal groups, and one run of zeros left out.
  const [head = '', tail = ''] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::');
  const groupsOf = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const groups = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
};

/**
 * An address, or a CIDR block: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. Bits beyond the prefix do not matter.
 * @returns what lies in it, which is two ranges where it lies around the IPv4 addresses: an IPv6 block wider than
 *   ::ffff:0:0/96 has none of them
 * @throws InvalidInput naming `argument`
 */
export const parseIpRange = (text: string, argument: string): readonly IpRange[] => {
  const [ip = '', prefix, ...rest] = text.split('/');
  const key = addressKey(ip);
  const bitsMax = ip.includes(':') ? 128 : 32;
  const isPrefix = prefix === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bitsMax);
  if (key === null || !isPrefix || rest.length > 0) {
    throw new InvalidInput(
      argument,
      `each of ${argument} must be an IPv4 or IPv6 address, or a block of up to /32 or /128, got ${text.slice(0, 60)}`,
    );
  }
  const bits = prefix === undefined ? bitsMax : Number(prefix);
  const block = blockOf(key, bitsMax === 32 ? MAPPED_BITS + bits : bits);
  return compareKeys(block.from, ipv4.from) < 0 && compareKeys(block.to, ipv4.to) >= 0 ? withoutIpv4(block) : [block];
};

const blockOf = (key: Uint8Array, bits: number): IpRange => {
  /** Bits of this byte that the prefix leaves open. */
  const openBits = (at: number): number => 0xff >> Math.min(8, Math.max(0, bits - at * 8));
  return {
    from: key.map((byte, at) => byte & ~openBits(at)),
    to: key.map((byte, at) => byte | openBits(at)),
  };
};

/** All IPv4 addresses, and the addresses beside them. */
const ipv4 = { from: ipv6Bytes('::ffff:0:0'), to: ipv6Bytes('::ffff:ffff:ffff') };
const beforeIpv4 = ipv6Bytes('::fffe:ffff:ffff');
const afterIpv4 = ipv6Bytes('::1:0:0:0');

const withoutIpv4 = ({ from, to }: IpRange): readonly IpRange[] => {
  const below = { from, to: beforeIpv4 };
  return compareKeys(to, ipv4.to) === 0 ? [below] : [below, { from: afterIpv4, to }];
};

const compareKeys = (one: Uint8Array, other: Uint8Array): number => {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
};

/** The same addresses, in order, in ranges that share none. */
export const disjointRanges = (ranges: readonly IpRange[]): readonly IpRange[] => {
  const disjoint: IpRange[] = [];
  for (const range of ranges.toSorted((one, other) => compareKeys(one.from, other.from))) {
    const last = disjoint.at(-1);
    if (last === undefined || compareKeys(range.from, last.to) > 0) disjoint.push(range);
    else if (compareKeys(range.to, last.to) > 0) disjoint[disjoint.length - 1] = { from: last.from, to: range.to };
  }
  return disjoint;
};

/** Whether the range is one address. */
export const isOneAddress = ({ from, to }: IpRange): boolean => compareKeys(from, to) === 0;
