import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Log } from '../api/parts.ts';
import type { Location } from '../model/session.ts';
import { GeoipFile } from './geoip-file.ts';

/** Addresses that are nowhere: IANA's registries of special-purpose addresses (RFC 6890). */
const nowhere = new BlockList();
for (const block of [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.168.0.0/16',
  '198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
].flatMap((line) => line.split(' '))) {
  const [network = '', prefix] = block.split('/');
  nowhere.addSubnet(network, Number(prefix), 'ipv4');
}
for (const block of '::/128 ::1/128 64:ff9b:1::/48 100::/64 2001:db8::/32 fc00::/7 fe80::/10 ff00::/8'.split(' ')) {
  const [network = '', prefix] = block.split('/');
  nowhere.addSubnet(network, Number(prefix), 'ipv6');
}

const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** Says where on earth an address is. */
export class GeoipFiles implements Disposable {
  readonly #files: readonly GeoipFile[];

  /** @param paths of MaxMind files; the first that knows an address is believed. @throws UsageError */
  constructor(paths: readonly string[], log: Log) {
    const files: GeoipFile[] = [];
    try {
      for (const path of paths) files.push(new GeoipFile(path, log));
    } catch (error) {
      for (const file of files) file[Symbol.dispose]();
      throw error;
    }
    this.#files = files;
    for (const file of files) log('info', 'locations come from a GeoIP file', file.description);
  }

  /** Null for private and malformed addresses, and for those that no file knows. Never throws. */
  locate(ip: string): Location | null {
    const address = MAPPED.exec(ip)?.[1] ?? ip;
    if (isIP(address) === 0 || nowhere.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return null;
    for (const file of this.#files) {
      const location = this.#locateIn(file, address);
      if (location !== null) return location;
    }
    return null;
  }

  /** A file that is damaged in its middle is found here; a session begins without its place rather than not at all. */
  #locateIn(file: GeoipFile, address: string): Location | null {
    try {
      return file.locate(address);
    } catch {
      return null;
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
  }
}
