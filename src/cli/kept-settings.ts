import { createHash } from 'node:crypto';
import { type FeedingSettings, writeDuration } from './feeding-settings.ts';
import type { GraphqlSettings, NetworkSettings, SignInSettings } from '../api/settings.ts';

export type ServedSettings = {
  readonly network: NetworkSettings;
  readonly signing: SignInSettings;
  readonly graphql: GraphqlSettings;
  readonly feeding: FeedingSettings;
};

const PRINT_LENGTH = 8;

/** Tells a secret, or a long text, from another one without saying it. */
const printOf = (text: string): string =>
  createHash('sha256').update(text, 'utf8').digest('hex').slice(0, PRINT_LENGTH);

const listOf = (texts: Iterable<string>): string => [...texts].toSorted().join(',');

const networkLines = (network: NetworkSettings): Readonly<Record<string, string | null>> => ({
  listen: `${network.listen.host}:${network.listen.port}`,
  'tls-cert': network.tls === null ? null : printOf(network.tls.cert),
  'public-url': network.publicUrl,
  'trusted-proxies': listOf(network.trustedProxies),
  'allowed-origins': listOf(network.allowedOrigins),
  'requests-per-second': String(network.requestsPerSecondMax),
  'sockets-per-token': String(network.socketsPerAccountMax),
  'sockets-per-address': String(network.socketsPerAddressMax),
  connections: String(network.connectionsMax),
});

const signInLines = ({
  openId,
  proxyIdentity,
  roleOfGroup,
}: SignInSettings): Readonly<Record<string, string | null>> => ({
  'oidc-issuer': openId?.issuer ?? null,
  'oidc-client-id': openId?.clientId ?? null,
  'oidc-client-secret': openId?.clientSecret == null ? null : printOf(openId.clientSecret),
  'oidc-groups-claim': openId?.groupsClaim ?? null,
  'oidc-bearer-audience': openId?.bearerAudience ?? null,
  'role-of-group': listOf(Array.from(roleOfGroup, ([group, role]) => `${group}=${role}`)),
  'proxy-user-header': proxyIdentity?.userHeader ?? null,
  'proxy-groups-header': proxyIdentity?.groupsHeader ?? null,
});

/** The settings by the names of their flags, as the audit log may show them: no secret is among them. */
export const keptSettings = ({
  network,
  signing,
  graphql,
  feeding,
}: ServedSettings): Readonly<Record<string, string | null>> => ({
  ...networkLines(network),
  ...signInLines(signing),
  lease: writeDuration(feeding.leaseMs),
  'resume-window': writeDuration(feeding.resumeWindowMs),
  'trusted-documents': graphql.trustedDocuments === null ? null : printOf(listOf(graphql.trustedDocuments.keys())),
});
