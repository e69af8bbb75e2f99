import { renameSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/cli/exit-code.ts';
import { GeoipFile } from '../../src/cli/geoip-file.ts';
import { GeoipFiles } from '../../src/cli/geoip-files.ts';
import { tinyMaxmindFile } from '../format/geoip/tiny-maxmind-file.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';

const flat = (city: string, country_code: string) => ({
  city,
  country_code,
  latitude: 1.5,
  longitude: -2.5,
  state1: '',
});
const quiet = (): void => {};

test('An address is looked up in the file of its family, and nothing is known of private and malformed ones', async () => {
  await using folder = await temporaryFolder();
  const [ipv4, ipv6, both] = ['4.mmdb', '6.mmdb', 'both.mmdb'].map((name) => `${folder.path}/${name}`) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    ipv4,
    tinyMaxmindFile(4, 'city ipv4', { '81.2.69.0/24': flat('London', 'GB'), '10.0.0.0/8': flat('Nowhere', 'XX') }),
  );
  writeFileSync(ipv6, tinyMaxmindFile(6, 'city ipv6', { '2a02:120b:2c00::/40': flat('Basel', 'CH') }));
  using files = new GeoipFiles([ipv4, ipv6], quiet);
  expect(files.locate('81.2.69.142')).toEqual({
    city: 'London',
    region: null,
    country: 'United Kingdom',
    countryCode: 'GB',
    latitude: 1.5,
    longitude: -2.5,
  });
  expect(files.locate('::ffff:81.2.69.142')?.city).toBe('London');
  expect(files.locate('2a02:120b:2c00::1')?.city).toBe('Basel');
  // Asked of an IPv4 file alone, an IPv6 address is not somewhere else.
  using alone = new GeoipFiles([ipv4], quiet);
  expect(alone.locate('2a02:120b:2c00::1')).toBeNull();
  for (const ip of [
    '10.1.2.3',
    '127.0.0.1',
    '192.168.1.1',
    '::1',
    'fe80::1',
    'fd00::1',
    '8.8.8.8',
    '',
    'localhost',
    '999.1.1.1',
    '81.2.69.142 ',
    '0x51.2.69.142',
  ])
    expect(files.locate(ip), ip).toBeNull();
  expect(new GeoipFiles([], quiet).locate('81.2.69.142')).toBeNull();
  const nested = {
    city: { names: { en: 'Zürich' } },
    country: { iso_code: 'CH', names: { en: 'Switzerland' } },
    location: { latitude: 47.4, longitude: 8.5 },
  };
  writeFileSync(both, tinyMaxmindFile(6, 'GeoLite2-City', { '::5102:4500/120': nested }));
  using inBoth = new GeoipFiles([both], quiet);
  expect(inBoth.locate('81.2.69.1')).toMatchObject({ city: 'Zürich', countryCode: 'CH', latitude: 47.4 });
});

test('What is no such file is refused by its name', async () => {
  await using folder = await temporaryFolder();
  const whole = tinyMaxmindFile(4, 'city', { '81.2.69.0/24': flat('London', 'GB') });
  const wrong = {
    empty: Buffer.alloc(0),
    text: Buffer.from('city,country\n'),
    cut: whole.subarray(0, whole.length - 40),
    tail: whole.subarray(-60),
  };
  for (const [name, bytes] of Object.entries(wrong)) {
    writeFileSync(`${folder.path}/${name}.mmdb`, bytes);
    expect(() => new GeoipFiles([`${folder.path}/${name}.mmdb`], quiet), name).toThrow(UsageError);
    expect(() => new GeoipFiles([`${folder.path}/${name}.mmdb`], quiet), name).toThrow(`${name}.mmdb`);
  }
  expect(() => new GeoipFiles([`${folder.path}/missing.mmdb`], quiet)).toThrow(/missing\.mmdb: ENOENT/);
});

test('A file that changes is read again; one that becomes unreadable leaves the one before in use', async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/city.mmdb`;
  const replace = (bytes: Uint8Array): void => {
    writeFileSync(`${path}.new`, bytes);
    renameSync(`${path}.new`, path);
  };
  replace(tinyMaxmindFile(4, 'city', { '81.2.69.0/24': flat('London', 'GB') }));
  let heard = Promise.withResolvers<string>();
  using file = new GeoipFile(path, (_level, message) => heard.resolve(message), 20);
  expect(file.locate('81.2.69.1')?.city).toBe('London');
  replace(tinyMaxmindFile(4, 'city', { '81.2.69.0/24': flat('Londinium', 'GB'), '81.2.70.0/24': flat('Rome', 'IT') }));
  expect(await heard.promise).toBe('the GeoIP file changed, and was read again');
  expect(file.locate('81.2.69.1')?.city).toBe('Londinium');
  heard = Promise.withResolvers();
  replace(Buffer.from('half of a file'));
  expect(await heard.promise).toBe('the GeoIP file changed and cannot be read: the one before stays in use');
  expect(file.locate('81.2.69.1')?.city).toBe('Londinium');
});
