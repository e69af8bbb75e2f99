import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { ServerMetadata } from 'openid-client';
import { accountOfPerson } from '../../model/account.ts';
import { Refusal } from '../../model/errors.ts';
import type { Role, Viewer } from '../../model/viewer.ts';
import { IssuerKeys } from './issuer-keys.ts';
import type { OpenIdProvider } from './open-id-provider.ts';
import { nameOfClaims, printableName } from './person-name.ts';
import { groupsOfClaim, roleOfGroups } from './role-of-groups.ts';

/** Signatures by a key that only the issuer has. With a shared secret, or none, anybody who verifies could sign, too. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const CLOCK_TOLERANCE_SECONDS = 5;

/** Whose a bearer token is, or what is wrong with it, in words that hold nothing of it. */
export type BearerVerdict =
  | { readonly viewer: Viewer; readonly reason?: undefined }
  | { readonly viewer: null; readonly reason: string };

const refuse = (reason: string): BearerVerdict => ({ viewer: null, reason });

/** Errors that tell of the token; all others tell of the provider. */
const reasonOf = (error: unknown): string | null => {
  if (error instanceof errors.JWTExpired) return 'bearer token is over';
  if (error instanceof errors.JWTClaimValidationFailed) return `bearer token with a wrong ${error.claim}`;
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return 'bearer token with an algorithm that is not taken';
  }
  const isTokens =
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid;
  return isTokens ? 'bearer token that the issuer did not sign' : null;
};

/** JSON Web Tokens of the identity provider (RFC 7519, RFC 9068), made for this server's audience. */
export class BearerTokens {
  readonly #provider: OpenIdProvider;
  readonly #roleOfGroup: ReadonlyMap<string, Role>;
  readonly #clock: () => number;
  #keys: IssuerKeys | null = null;

  constructor(provider: OpenIdProvider, roleOfGroup: ReadonlyMap<string, Role>, clock: () => number) {
    this.#provider = provider;
    this.#roleOfGroup = roleOfGroup;
    this.#clock = clock;
  }

  /** @throws Unavailable when the provider's keys are needed, and cannot be had */
  async verify(token: string, audience: string): Promise<BearerVerdict> {
    const server = (await this.#provider.configuration()).serverMetadata();
    const keys = (this.#keys ??= this.#keysOf(server));
    try {
      const { payload } = await jwtVerify(token, (header, jws) => keys.find(header, jws), {
        issuer: server.issuer,
        audience,
        algorithms,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(this.#clock()),
      });
      return this.#viewerOf(payload);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== null) return refuse(reason);
      throw error instanceof Refusal ? error : this.#provider.unavailable(error);
    }
  }

  #keysOf({ jwks_uri: keysUrl, issuer }: ServerMetadata): IssuerKeys {
    // What is got over TLS is not continued without.
    const isKept = keysUrl !== undefined && (keysUrl.startsWith('https:') || issuer.startsWith('http:'));
    if (!isKept) throw this.#provider.unavailable(new Error('the provider has no keys to be had over TLS'));
    return new IssuerKeys(new URL(keysUrl), this.#provider, this.#clock);
  }

  #viewerOf(payload: JWTPayload): BearerVerdict {
    const { groupsClaim } = this.#provider.settings;
    const role = roleOfGroups(groupsOfClaim(payload[groupsClaim]), this.#roleOfGroup);
    if (role === null) return refuse('bearer token without a role');
    const [name, subject] = [nameOfClaims(payload), printableName(payload.sub)];
    if (name === null || subject === null || payload.exp === undefined) return refuse('bearer token without a name');
    const expiresAtMs = (payload.exp + CLOCK_TOLERANCE_SECONDS) * 1000;
    const account = accountOfPerson(name);
    return { viewer: { name, role, producer: null, expiresAtMs, credential: `jwt ${subject}`, account } };
  }
}
