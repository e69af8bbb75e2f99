import { isIPv6 } from 'node:net';

/* A writer of MaxMind files (https://maxmind.github.io/MaxMind-DB/), as small as tests need: records of 24 bits, no pointers. */

type Value = string | number | readonly Value[] | { readonly [name: string]: Value };

const control = (type: number, size: number): Buffer => {
  const head = size < 29 ? [size] : size < 285 ? [29, size - 29] : [30, (size - 285) >> 8, (size - 285) & 255];
  const [first = 0, ...rest] = head;
  return type <= 7 ? Buffer.from([(type << 5) | first, ...rest]) : Buffer.from([first, type - 7, ...rest]);
};

const encode = (value: Value): Buffer => {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(Number.isInteger(value) && value >= 0 ? 4 : 8);
    if (bytes.length === 4) bytes.writeUInt32BE(value);
    else bytes.writeDoubleBE(value);
    return Buffer.concat([control(bytes.length === 4 ? 6 : 3, bytes.length), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as Record<string, Value>);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([name, each]) => [encode(name), encode(each)]),
  ]);
};

const bitsOf = (address: string): readonly number[] => {
  const groups = isIPv6(address)
    ? address
        .replace('::', `:${'0:'.repeat(8 - address.split(':').filter((part) => part !== '').length)}`)
        .split(':')
        .filter((part) => part !== '')
        .map((part) => Number.parseInt(part, 16).toString(2).padStart(16, '0'))
    : address.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  return [...groups.join('')].map(Number);
};

/** A file that knows these networks, such as `81.2.69.0/24`. */
export const tinyMaxmindFile = (ipVersion: 4 | 6, type: string, networks: Readonly<Record<string, Value>>): Buffer => {
  const nodes: (number | null | { readonly offset: number })[][] = [[null, null]];
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const [network, record] of Object.entries(networks)) {
    const [address = '', prefix] = network.split('/');
    const bits = bitsOf(address).slice(0, Number(prefix));
    let node = 0;
    for (const bit of bits.slice(0, -1)) {
      const next = nodes[node]?.[bit];
      if (typeof next === 'number') node = next;
      else {
        nodes.push([null, null]);
        (nodes[node] ?? [])[bit] = nodes.length - 1;
        node = nodes.length - 1;
      }
    }
    (nodes[node] ?? [])[bits.at(-1) ?? 0] = { offset: dataBytes };
    const bytes = encode(record);
    data.push(bytes);
    dataBytes += bytes.length;
  }
  const tree = Buffer.concat(
    nodes.flat().map((each) => {
      const value = each === null ? nodes.length : typeof each === 'number' ? each : nodes.length + 16 + each.offset;
      return Buffer.from([value >> 16, (value >> 8) & 255, value & 255]);
    }),
  );
  const metadata = {
    node_count: nodes.length,
    record_size: 24,
    ip_version: ipVersion,
    database_type: type,
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_780_000_000,
    description: { en: 'for tests' },
  };
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, encode(metadata)]);
};
