import { expect, test } from 'vitest';
import { locationOfRecord } from '../../../src/format/geoip/location-of-record.ts';

const london = {
  city: 'London',
  region: 'England',
  country: 'United Kingdom',
  countryCode: 'GB',
  latitude: 51.5,
  longitude: -0.09,
};

test('A nested record of GeoIP2 is a location', () => {
  const record = {
    city: { geoname_id: 2643743, names: { de: 'London (de)', en: 'London' } },
    country: { iso_code: 'GB', names: { en: 'United Kingdom' } },
    subdivisions: [{ iso_code: 'ENG', names: { en: 'England' } }, { names: { en: 'Greater London' } }],
    location: { latitude: 51.5, longitude: -0.09, time_zone: 'Europe/London' },
  };
  expect(locationOfRecord(record)).toEqual(london);
});

test('A flat record of DB-IP is the same location, with the name that its country code stands for', () => {
  const record = {
    city: 'London',
    country_code: 'gb',
    latitude: 51.5,
    longitude: -0.09,
    postcode: '',
    state1: 'England',
    state2: '',
    timezone: '',
  };
  expect(locationOfRecord(record)).toEqual(london);
});

test('What a record does not say is null, and a record that says nothing is no location', () => {
  const nothing = { city: null, region: null, country: null, countryCode: null, latitude: null, longitude: null };
  expect(locationOfRecord({ country: { iso_code: 'IS' } })).toEqual({
    ...nothing,
    country: 'Iceland',
    countryCode: 'IS',
  });
  expect(locationOfRecord({ city: '', country_code: '', latitude: 'x', state1: '' })).toBeNull();
  expect(locationOfRecord({ registered_country: { iso_code: 'CH' } })).toMatchObject({ countryCode: 'CH' });
  for (const record of [null, undefined, 7, 'London', [], { country: 'GB' }, { location: { latitude: 91 } }])
    expect(locationOfRecord(record)).toBeNull();
});
