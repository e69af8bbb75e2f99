import { isIpAddress } from '../../model/ip-address.ts';
import { TEXT_LENGTH_MAX } from '../../model/limits.ts';
import type { Location, Session, SessionProtocol } from '../../model/session.ts';
import { present } from '../present.ts';

/** The release of the Elastic Common Schema that these documents are of: https://www.elastic.co/guide/en/ecs/8.17. */
export const ECS_VERSION = '8.17.0';

/** What every document says. */
export type EcsFacts = {
  /** Names the document. */
  readonly id: string;
  readonly dataset: 'session' | 'story' | 'recording';
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly category: readonly string[];
  readonly type: readonly string[];
  readonly action: string;
  readonly outcome: 'success' | 'failure' | 'unknown';
  readonly message: string;
  /** More of `event`. */
  readonly event?: Readonly<Record<string, unknown>>;
  /** Other field sets. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** What the schema has no place for: it goes under a name of this program's own. */
  readonly own?: Readonly<Record<string, unknown>>;
};

export const ecsTime = (timeMs: number): string => new Date(timeMs).toISOString();

/** The schema counts durations in nanoseconds. */
export const nanoseconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 1_000_000));

export const ecsDocumentOf = (session: Session, facts: EcsFacts): object => ({
  '@timestamp': ecsTime(facts.timeMs),
  ecs: { version: ECS_VERSION },
  message: facts.message.slice(0, TEXT_LENGTH_MAX).toWellFormed(),
  event: present({
    kind: 'event',
    category: facts.category,
    type: facts.type,
    action: facts.action,
    outcome: facts.outcome,
    id: facts.id,
    module: 'reeltime',
    dataset: `reeltime.${facts.dataset}`,
    provider: session.producer,
    ...facts.event,
  }),
  ...parties(session),
  ...present(facts.fields ?? {}),
  reeltime: present({
    session_id: session.sessionId,
    protocol: session.protocol,
    upstream: session.upstream,
    socket: { id: session.socket.socketId, name: session.socket.name },
    ssh_user: session.sshUser,
    client_software: session.client.software,
    ...facts.own,
  }),
});

/** Names of the wire, where the protocol says it. */
const wireNames: Readonly<Record<SessionProtocol, string | null>> = {
  SSH: 'ssh',
  HTTP: 'http',
  KUBERNETES: 'http',
  DATABASE: null,
  TCP: null,
};

const parties = ({ user, client, server, socket, protocol }: Session): object => ({
  user: present({ id: user.sub, name: user.identity, email: user.email, full_name: user.name }),
  source: present({ ...addressOf(client.ip), port: client.port, geo: geoOf(client.location) }),
  destination: { ...addressOf(server.name), port: server.port },
  network: present({ transport: 'tcp', protocol: wireNames[protocol] }),
  service: { name: socket.name },
  related: present({
    user: [...new Set([user.identity, ...(user.email === null ? [] : [user.email])])],
    ip: [client.ip, server.name].filter(isIpAddress),
  }),
});

/** The schema's `ip` holds addresses alone; `address` whatever was told. */
const addressOf = (text: string): object =>
  isIpAddress(text) ? { address: text, ip: text } : { address: text, domain: text };

const geoOf = (location: Location | null): object | null =>
  location === null
    ? null
    : present({
        city_name: location.city,
        region_name: location.region,
        country_name: location.country,
        country_iso_code: location.countryCode,
        location:
          location.latitude === null || location.longitude === null
            ? null
            : { lat: location.latitude, lon: location.longitude },
      });
