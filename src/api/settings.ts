import type { Role } from '../model/viewer.ts';

/** How the server is reached, and by how many. */
export type NetworkSettings = {
  readonly listen: { readonly host: string; readonly port: number };
  /** PEM of the certificate chain and its key; null: plain HTTP. */
  readonly tls: TlsIdentity | null;
  /** Where people find this server, without a slash at the end, when a proxy stands before it; null: where it listens. */
  readonly publicUrl: string | null;
  /** Addresses and CIDR blocks of reverse proxies whose X-Forwarded-* headers count. Nobody else's do. */
  readonly trustedProxies: readonly string[];
  /** Origins whose pages may read answers (CORS) and open WebSockets, beside this server's own. */
  readonly allowedOrigins: readonly string[];
  readonly requestsPerSecondMax: number;
  readonly socketsPerAccountMax: number;
  readonly socketsPerAddressMax: number;
  readonly connectionsMax: number;
};

export type TlsIdentity = { readonly cert: string; readonly key: string };

/** How people prove who they are, beside by a token. */
export type SignInSettings = {
  readonly openId: OpenIdSettings | null;
  /** Headers in which a trusted proxy says who asks; null: none are looked at. Names in lower case. */
  readonly proxyIdentity: { readonly userHeader: string; readonly groupsHeader: string } | null;
  /** Which role a group gives; whoever is in several has the one that may most. Empty: nobody has one. */
  readonly roleOfGroup: ReadonlyMap<string, Role>;
};

/** A client of an OpenID provider (OpenID Connect Core 1.0). */
export type OpenIdSettings = {
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  /** The claim of ID tokens and bearer tokens that holds the groups. */
  readonly groupsClaim: string;
  /** What bearer tokens of the issuer must be made for; null: they are not taken. */
  readonly bearerAudience: string | null;
};

export type GraphqlSettings = {
  /** Documents that may be executed, by the lower-case hex SHA-256 of their text; null: any. */
  readonly trustedDocuments: ReadonlyMap<string, string> | null;
};
