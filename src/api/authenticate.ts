import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { accountOfPerson, accountOfSignIn, accountOfToken, PROCESS_ACCOUNT } from '../model/account.ts';
import { CHOSEN_TOKEN_ID, tokenIdOf } from '../model/token.ts';
import type { Viewer } from '../model/viewer.ts';
import type { KeptToken } from '../store/catalog/access-records.ts';
import type { RequestOrigin } from './origin.ts';
import type { ApiParts } from './parts.ts';
import type { BearerTokens } from './identity/bearer-tokens.ts';
import { readCookie, signInCookie } from './identity/cookie.ts';
import { FailedAttempts } from './identity/failed-attempts.ts';
import { OpenIdProvider } from './identity/open-id-provider.ts';
import { type ProxyIdentity, proxyIdentityOf } from './identity/proxy-identity.ts';
import { roleOfGroups } from './identity/role-of-groups.ts';

/** Who has the token of this process: a verb on the same machine. Known by being this very object, whatever others are named. */
export const localViewer: Viewer = {
  name: 'local',
  role: 'ADMIN',
  producer: null,
  expiresAtMs: null,
  credential: 'process',
  account: PROCESS_ACCOUNT,
};

/** A longer text is no token, and is not hashed: longer than what Node takes for all headers together. */
const TOKEN_LENGTH_MAX = 16 * 1024;

const bearerPattern = /^Bearer +(\S+) *$/i;
/** A JSON Web Signature in its compact form (RFC 7515 section 7.1): what begins a JSON object, and three parts. */
const jwtPattern = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;
/** The secret of a sign-in's cookie: 256 bits as base64url. */
const signInSecretPattern = /^[\w-]{43}$/;

/** The token in a request's headers; null when there is none. */
export const tokenOf = (headers: IncomingHttpHeaders): string | null => {
  const header = headers['x-access-token'];
  if (typeof header === 'string' && header !== '') return header;
  return bearerPattern.exec(headers.authorization ?? '')?.[1] ?? null;
};

/** Whether a viewer with this end is over. */
export const isOver = ({ expiresAtMs }: Pick<Viewer, 'expiresAtMs'>, nowMs: number): boolean =>
  expiresAtMs !== null && expiresAtMs <= nowMs;

const sha256Of = (text: string): Buffer => hash('sha256', text, 'buffer');

/** What somebody comes with. */
export type Given = {
  /** A token that came beside the headers, such as in connectionParams; null: look at the headers. */
  readonly token: string | null;
  readonly request: IncomingMessage;
  readonly origin: RequestOrigin;
};

/** What is said of somebody who is not let in; `tokenId` and `name` only of a token that there is. */
type Refused = {
  readonly reason: string;
  readonly name?: string;
  readonly tokenId?: string;
  readonly credential?: string;
};

/**
 * Decides for every transport who is calling, by the first of these that is given: a token or a bearer token, the cookie of a
 * sign-in, what a trusted proxy says. A server has one: it counts who fails.
 */
export class Authenticator {
  /** Null when no identity provider is configured. */
  readonly openId: OpenIdProvider | null;
  readonly #parts: ApiParts;
  readonly #failed = new FailedAttempts();
  /** Stands in for the hash of a token that is unknown, so that time does not tell which ones are. */
  readonly #noToken = randomBytes(32);
  #bearers: BearerTokens | null = null;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    const { openId } = parts.signing;
    this.openId = openId === null ? null : new OpenIdProvider(openId, parts.clock, parts.log);
  }

  /**
   * Null for nobody: nothing was given, or something that is wrong or over.
   * @throws RateLimited when what is given is wrong, as too much from this address or of this token was before
   * @throws Unavailable for a bearer token while the identity provider's keys cannot be had
   */
  async authenticate(given: Given): Promise<Viewer | null> {
    const { request, origin } = given;
    const identity = proxyIdentityOf(request, origin, this.#parts.signing.proxyIdentity);
    const token = given.token === null || given.token === '' ? tokenOf(request.headers) : given.token;
    if (token !== null) return this.#byToken(token, origin);
    const signedIn = await this.ofCookie(request, origin);
    if (signedIn !== null) return signedIn;
    // A cookie of yesterday's is nothing against who comes through the proxy today.
    if (identity !== null) return this.#byIdentity(identity, origin);
    const hasCookie = readCookie(request, signInCookie, origin.isSecure) !== null;
    return hasCookie ? this.#refuse(origin, { reason: 'sign-in that is over' }) : null;
  }

  /** Who is signed in, whatever else the request brings; null when nobody is. */
  async ofCookie(request: IncomingMessage, origin: RequestOrigin): Promise<Viewer | null> {
    const secret = readCookie(request, signInCookie, origin.isSecure);
    if (secret === null || !signInSecretPattern.test(secret)) return null;
    const signIn = await this.#parts.catalog.signIn(sha256Of(secret));
    if (signIn === null || isOver(signIn, this.#parts.clock())) return null;
    const { name, role, expiresAtMs, signInId } = signIn;
    const account = accountOfSignIn(signIn);
    return { name, role, producer: null, expiresAtMs, credential: `sign-in ${signInId}`, account };
  }

  async #byToken(text: string, origin: RequestOrigin): Promise<Viewer | null> {
    if (text.length > TOKEN_LENGTH_MAX) return this.#refuse(origin, { reason: 'unknown token' });
    const sha256 = sha256Of(text);
    if (timingSafeEqual(sha256, this.#parts.processTokenSha256)) return localViewer;
    const audience = this.openId?.settings.bearerAudience ?? null;
    if (this.openId !== null && audience !== null && jwtPattern.test(text)) {
      return this.#byBearer(this.openId, text, audience, origin);
    }
    const kept = await this.#parts.catalog.token(tokenIdOf(text) ?? CHOSEN_TOKEN_ID);
    const isRight = timingSafeEqual(sha256, kept?.sha256 ?? this.#noToken);
    if (kept === null) return this.#refuse(origin, { reason: 'unknown token' });
    return this.#byKept(kept, isRight, origin);
  }

  async #byKept({ token }: KeptToken, isRight: boolean, origin: RequestOrigin): Promise<Viewer | null> {
    const { tokenId, name, role, producer, expiresAtMs } = token;
    const credential = `token ${tokenId}`;
    if (!isRight) return this.#refuse(origin, { reason: 'wrong token', tokenId, credential });
    if (token.revokedAtMs !== null) {
      return this.#refuse(origin, { reason: 'token that was revoked', name, tokenId, credential });
    }
    if (isOver(token, this.#parts.clock())) {
      return this.#refuse(origin, { reason: 'token that is over', name, tokenId, credential });
    }
    this.#parts.tokens.noteUse(token);
    return { name, role, producer, expiresAtMs, credential, account: accountOfToken(tokenId) };
  }

  async #byBearer(
    provider: OpenIdProvider,
    text: string,
    audience: string,
    origin: RequestOrigin,
  ): Promise<Viewer | null> {
    if (this.#bearers === null) {
      // NOTE a server without an identity provider does without the package behind it.
      const loaded = await import('./identity/bearer-tokens.ts');
      this.#bearers ??= new loaded.BearerTokens(provider, this.#parts.signing.roleOfGroup, this.#parts.clock);
    }
    const { viewer, reason } = await this.#bearers.verify(text, audience);
    return viewer ?? this.#refuse(origin, { reason });
  }

  #byIdentity({ user, groups }: ProxyIdentity, origin: RequestOrigin): Viewer | null {
    const role = roleOfGroups(groups, this.#parts.signing.roleOfGroup);
    const credential = `proxy ${user}`;
    if (role !== null) {
      return { name: user, role, producer: null, expiresAtMs: null, credential, account: accountOfPerson(user) };
    }
    // No secret was tried: it is told, and not counted.
    this.#tell(origin, { reason: 'no role', name: user, credential });
    return null;
  }

  async #refuse(origin: RequestOrigin, refused: Refused): Promise<null> {
    this.#tell(origin, refused);
    await this.#failed.count(origin.ip, refused.tokenId ?? null);
    return null;
  }

  #tell({ ip, client, requestId }: RequestOrigin, { reason, name = 'unknown', credential = 'none' }: Refused): void {
    this.#parts.audit.tellRefusal({ name, credential, ip, client, requestId }, 'sign-in.refused', reason);
  }
}
