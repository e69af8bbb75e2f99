import { BlockList, isIP } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInput } from '../../src/model/errors.ts';
import { addressKey, disjointRanges, type IpRange, parseIpRange } from '../../src/model/ip-range.ts';

const ipv4 = fc.ipV4();
const ipv6 = fc.oneof(
  fc.ipV6(),
  ipv4.map((ip) => `::ffff:${ip}`),
);
const address = fc.oneof(ipv4, ipv6);

const isWithin = (ip: string, ranges: readonly IpRange[]): boolean => {
  const key = Buffer.from(addressKey(ip) ?? []);
  return ranges.some(({ from, to }) => key.compare(from) >= 0 && key.compare(to) <= 0);
};

/** An IPv4 address, written as one or as the IPv6 one that it is mapped to. */
const isIpv4 = (ip: string): boolean => isIP(ip) === 4 || /^::ffff:\d+\.\d/.test(ip);

/** As Node's own list of blocks has it; an IPv4 address is also the IPv6 one that it is mapped to. */
const isWithinBlock = (ip: string, block: string, bits: number): boolean => {
  const blocks = new BlockList();
  blocks.addSubnet(block, bits, isIP(block) === 6 ? 'ipv6' : 'ipv4');
  // NOTE of no wide block: all IPv6 addresses are asked for without the IPv4 ones.
  if (isIpv4(ip) && isIP(block) === 6 && bits < 96) return false;
  const asIpv6 = isIP(ip) === 4 && isIP(block) === 6 ? `::ffff:${ip}` : ip;
  return blocks.check(asIpv6, isIP(asIpv6) === 6 ? 'ipv6' : 'ipv4');
};

test('a block has the addresses that Node says it has, in whichever way they are written', () => {
  fc.assert(
    fc.property(address, address, fc.nat(128), fc.boolean(), (ip, block, bitsDrawn, isNear) => {
      const bits = bitsDrawn % (isIP(block) === 6 ? 129 : 33);
      const asked = isNear ? block : ip;
      expect(isWithin(asked, parseIpRange(`${block}/${bits}`, 'clientIps'))).toBe(isWithinBlock(asked, block, bits));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['::/0', false],
  ['::/80', false],
  ['::ffff:0:0/95', false],
  ['::ffff:0:0/96', true],
  ['0.0.0.0/0', true],
])('%s and IPv4 addresses', (block, isMatching) => {
  const ranges = parseIpRange(block, 'clientIps');
  for (const ip of ['0.0.0.0', '192.0.2.7', '::ffff:192.0.2.7', '255.255.255.255']) {
    expect(isWithin(ip, ranges)).toBe(isMatching);
  }
  for (const ip of ['::fffe:ffff:ffff', '::', '::1:0:0:0', '2001:db8::1']) {
    expect(isWithin(ip, ranges)).toBe(isWithinBlock(ip, block.split('/')[0] ?? '', Number(block.split('/')[1])));
  }
});

test('an address has one key, however it is written', () => {
  const keyOf = (ip: string): string => Buffer.from(addressKey(ip) ?? []).toString('hex');
  expect(keyOf('2001:DB8:0:0::0007')).toBe('20010db8000000000000000000000007');
  expect(keyOf('2001:db8::7')).toBe(keyOf('2001:0db8:0000:0000:0000:0000:0000:0007'));
  for (const ip of ['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:c000:207']) {
    expect(keyOf(ip)).toBe('00000000000000000000ffffc0000207');
  }
  expect(keyOf('::')).toBe('0'.repeat(32));
});

test('ranges that share addresses become one, so that no address is in two', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(15), fc.integer({ min: 28, max: 32 })), { maxLength: 6 }), (blocks) => {
      const ranges = blocks.flatMap(([last, bits]) => parseIpRange(`192.0.2.${last}/${bits}`, 'clientIps'));
      const disjoint = disjointRanges(ranges);
      for (let last = 0; last < 20; last += 1) {
        const ip = `192.0.2.${last}`;
        expect(disjoint.filter((range) => isWithin(ip, [range])).length).toBe(isWithin(ip, ranges) ? 1 : 0);
      }
    }),
  );
});

const wrong = ['', ' ::1'].concat(
  '1 192.0.2 192.0.2.256 192.0.2.1/ 192.0.2.1/33 192.0.2.1/-1 192.0.2.1/08 ::1/129'.split(' '),
  '192.0.2.1/24/24 [::1] fe80::1%eth0 localhost ::: 1::2::3 0x7f.1'.split(' '),
);
test.each(wrong)('%j is neither an address nor a block', (text) => {
  expect(() => parseIpRange(text, 'clientIps')).toThrow(InvalidInput);
});
