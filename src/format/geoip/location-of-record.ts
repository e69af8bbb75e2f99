import type { Location } from '../../model/session.ts';

type Entry = Readonly<Record<string, unknown>>;

const COUNTRY_CODE = /^[A-Z]{2}$/;
/** Names are shown and stored with each session: what is longer is no name of a place. */
const NAME_LENGTH_MAX = 200;

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

const entryOf = (value: unknown): Entry => (typeof value === 'object' && value !== null ? (value as Entry) : {});

const nameOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= NAME_LENGTH_MAX ? value : null;

/** The English name among GeoIP2's names by language. */
const englishName = (value: unknown): string | null => nameOf(entryOf(entryOf(value)['names'])['en']);

const degrees = (value: unknown, most: number): number | null =>
  typeof value === 'number' && Math.abs(value) <= most ? value : null;

const codeOf = (value: unknown): string | null => {
  const code = typeof value === 'string' ? value.toUpperCase() : '';
  return COUNTRY_CODE.test(code) ? code : null;
};

/** GeoIP2 and GeoLite2 City (https://dev.maxmind.com/geoip/docs/databases/city-and-country), DB-IP's own download too. */
const ofNested = (record: Entry): Location => {
  const country = entryOf(record['country'] ?? record['registered_country']);
  const [subdivision] = Array.isArray(record['subdivisions']) ? (record['subdivisions'] as unknown[]) : [];
  const place = entryOf(record['location']);
  const countryCode = codeOf(country['iso_code']);
  return {
    city: englishName(record['city']),
    region: englishName(subdivision),
    country: englishName(country) ?? countryName(countryCode),
    countryCode,
    latitude: degrees(place['latitude'], 90),
    longitude: degrees(place['longitude'], 180),
  };
};

/** DB-IP Lite as https://github.com/sapics/ip-location-db writes it: one level, empty texts for what is unknown. */
const ofFlat = (record: Entry): Location => {
  const countryCode = codeOf(record['country_code']);
  return {
    city: nameOf(record['city']),
    region: nameOf(record['state1']),
    country: countryName(countryCode),
    countryCode,
    latitude: degrees(record['latitude'], 90),
    longitude: degrees(record['longitude'], 180),
  };
};

const countryName = (code: string | null): string | null => (code === null ? null : (countryNames.of(code) ?? null));

/** What a record of a MaxMind file says of a place, in either schema; null when it says nothing of one. */
export const locationOfRecord = (record: unknown): Location | null => {
  const entry = entryOf(record);
  const location = 'country_code' in entry ? ofFlat(entry) : ofNested(entry);
  return Object.values(location).every((value) => value === null) ? null : location;
};
