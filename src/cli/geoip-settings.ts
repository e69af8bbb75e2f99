import path from 'node:path';
import { Option } from 'commander';

export type GeoipOptions = { readonly geoip?: readonly string[] };

/** What the licence of the files wants to be shown that are documented as the ones to install beside. */
export const BESIDE_ATTRIBUTION = 'IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0';

/** May be given more than once. */
export const geoipOption = (): Option =>
  new Option(
    '--geoip <file>',
    'a MaxMind file that says where client addresses are (GeoIP2 or DB-IP); one for IPv4 and another for IPv6, where they are two',
  )
    .env('REELTIME_GEOIP')
    .argParser((file: string, before: readonly string[] | undefined) => [...(before ?? []), file]);

/** REELTIME_GEOIP is one text: files behind one another as in PATH. */
export const geoipPaths = ({ geoip }: GeoipOptions): readonly string[] =>
  (geoip ?? []).flatMap((word) => word.split(path.delimiter)).filter((word) => word !== '');
