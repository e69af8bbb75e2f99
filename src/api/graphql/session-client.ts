import { shortSoftware } from '../../format/client-software.ts';
import type { Location, SessionClient } from '../../model/session.ts';
import { builder } from './builder.ts';
import { reads } from './session-parts.ts';

const LocationRef = builder.objectRef<Location>('Location').implement({
  description: 'Where on earth an address is, as far as a GeoIP database knows. Each field is null when it does not.',
  fields: (t) => ({
    city: t.exposeString('city', { nullable: true, description: 'Name in English.' }),
    region: t.exposeString('region', { nullable: true, description: 'State, province or canton, in English.' }),
    country: t.exposeString('country', { nullable: true, description: 'Name in English.' }),
    countryCode: t.exposeString('countryCode', { nullable: true, description: 'Two letters of ISO 3166-1.' }),
    latitude: t.exposeFloat('latitude', { nullable: true, description: 'Degrees north, -90 to 90.' }),
    longitude: t.exposeFloat('longitude', { nullable: true, description: 'Degrees east, -180 to 180.' }),
  }),
});

export const SessionClientRef = builder.objectRef<SessionClient>('SessionClient').implement({
  description: 'Where a session came from.',
  fields: (t) => ({
    ip: t.exposeString('ip', { description: 'IPv4 or IPv6 address.' }),
    port: t.exposeInt('port', { nullable: true, description: 'TCP port; null when the producer did not know it.' }),
    software: t.exposeString('software', {
      nullable: true,
      description: 'What the client called itself: SSH version, user agent, driver name. Null when it did not say.',
    }),
    softwareName: t.string({
      nullable: true,
      description:
        'The same in a few words, such as OpenSSH 9.6p1 or Firefox 128 on Linux, at most 60 characters; as it is when it has no form that is known. Null when it did not say.',
      ...reads('client.software'),
      resolve: ({ software }) => (software === null ? null : shortSoftware(software)),
    }),
    location: t.expose('location', {
      type: LocationRef,
      nullable: true,
      description: 'Null for private addresses, and where no GeoIP database is loaded.',
    }),
  }),
});
