import path from 'node:path';
import { Option } from 'commander';

export type GeoipOptions = { readonly geoip?: readonly string[] };

/** What the licence of the files wants to be shown that are documented as the ones to install beside. */
export const BESIDE_ATTRIBUTION = 'IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0';

export const geoipOption = (): Option =>
  new Option(
    '--geoip <file...>',
    'MaxMind files that say where client addresses are (GeoIP2 or DB-IP; one for IPv4 and one for IPv6, or both in one)',
  ).env('REELTIME_GEOIP');

/** REELTIME_GEOIP is one text: files behind one another as in PATH. */
export const geoipPaths = ({ geoip }: GeoipOptions): readonly string[] => {
  const given: unknown = geoip ?? [];
  const words = typeof given === 'string' ? [given] : (given as readonly string[]);
  return words.flatMap((word) => word.split(path.delimiter)).filter((word) => word !== '');
};
