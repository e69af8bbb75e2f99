import * as client from 'openid-client';
import { Forbidden, RateLimited, Refusal } from '../../model/errors.ts';
import type { Viewer } from '../../model/viewer.ts';
import { HttpError } from '../http-error.ts';
import type { ApiParts } from '../parts.ts';
import { openIdCookie, readCookie, setCookie } from '../identity/cookie.ts';
import type { OpenIdProvider } from '../identity/open-id-provider.ts';
import { movingPage, refusedPage, sendPage } from './page.ts';
import { OPEN_ID_MS, type PendingOpenId, PendingOpenIds } from './pending-open-id.ts';
import { nameOfClaims, printableName } from '../identity/person-name.ts';
import { returnPathOf } from './return-path.ts';
import { groupsOfClaim, roleOfGroups } from '../identity/role-of-groups.ts';
import { ownUrl } from '../identity/same-origin.ts';
import type { SignInRequest } from './sign-in-request.ts';

const PROVIDER_WORDS_LENGTH_MAX = 200;

type Claims = Readonly<Record<string, unknown>>;

/** Who came back from the provider. */
type Person = Pick<Viewer, 'name' | 'role'>;

/** Why somebody who came back is not let in, for them to read. */
class NotLetIn extends Forbidden {
  /** As far as the provider said who it is. */
  readonly person: string | null;
  constructor(message: string, person: string | null) {
    super(message);
    this.person = person;
  }
}

/** What the provider said instead of a code (RFC 6749 section 4.1.2.1), as text. */
const wordsOf = (error: client.AuthorizationResponseError): string => {
  const words = [error.error, error.error_description].map(printableName).filter((word) => word !== null);
  return `The identity provider says: ${words.join(': ').slice(0, PROVIDER_WORDS_LENGTH_MAX)}`;
};

/** OpenID Connect Core 1.0, the authorization code flow with PKCE, state and nonce. */
export class OpenIdPaths {
  readonly #parts: ApiParts;
  readonly #provider: OpenIdProvider;
  readonly #pending: PendingOpenIds;

  constructor(parts: ApiParts, provider: OpenIdProvider) {
    this.#parts = parts;
    this.#provider = provider;
    this.#pending = new PendingOpenIds(parts.catalog, parts.clock);
  }

  /** Sends the browser to the provider. */
  async begin(at: SignInRequest): Promise<void> {
    const { response, query, origin } = at;
    await this.#orRefuse(at, async () => {
      const configuration = await this.#provider.configuration();
      const [state, nonce, verifier] = [client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()];
      const target = client.buildAuthorizationUrl(configuration, {
        redirect_uri: this.#callback(at),
        response_type: 'code',
        scope: this.#scope(configuration),
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      });
      const sealed = await this.#pending.seal({
        state,
        nonce,
        verifier,
        returnPath: returnPathOf(query.get('return')),
      });
      const attributes = { isSecure: origin.isSecure, sameSite: 'lax', maxAgeSeconds: OPEN_ID_MS / 1000 } as const;
      response.setHeader('set-cookie', setCookie(openIdCookie, sealed, attributes));
      response.writeHead(302, { location: target.href, 'content-length': 0 }).end();
    });
  }

  /** Takes up who comes back. Whatever comes of it, what was on its way is over. */
  async finish(at: SignInRequest): Promise<void> {
    const { request, response, origin } = at;
    const { isSecure } = origin;
    const over = setCookie(openIdCookie, '', { isSecure, sameSite: 'lax', maxAgeSeconds: 0 });
    response.setHeader('set-cookie', over);
    await this.#orRefuse(at, async () => {
      const sealed = readCookie(request, openIdCookie, isSecure);
      const pending = sealed === null ? null : await this.#pending.open(sealed);
      if (pending === null)
        throw new HttpError(400, 'BAD_REQUEST', 'This sign-in was not begun here, or took too long.');
      const person = await this.#personOf(at, pending);
      response.setHeader('set-cookie', [over, await at.begin({ ...person, tokenId: null, tokenExpiresAtMs: null })]);
      sendPage(response, movingPage(pending.returnPath));
    });
  }

  #callback({ origin }: SignInRequest): string {
    const url = ownUrl(origin, this.#parts.network);
    if (url === null) throw new HttpError(400, 'BAD_REQUEST', 'The request does not say which host it is for.');
    return `${url}/sign-in/openid/callback`;
  }

  /** Not every provider has a scope for groups, and some refuse one that they do not know. */
  #scope(configuration: client.Configuration): string {
    const known = configuration.serverMetadata().scopes_supported ?? [];
    const wanted = ['profile', 'email', this.#provider.settings.groupsClaim];
    return ['openid', ...wanted.filter((scope) => known.includes(scope))].join(' ');
  }

  async #personOf(at: SignInRequest, { state, nonce, verifier }: PendingOpenId): Promise<Person> {
    const configuration = await this.#provider.configuration();
    const url = new URL(`${this.#callback(at)}?${at.query}`);
    const tokens = await client.authorizationCodeGrant(configuration, url, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new HttpError(400, 'BAD_REQUEST', 'The identity provider does not say who it is.');
    const known = await this.#completed(configuration, claims, tokens.access_token);
    const name = nameOfClaims(known);
    const groups = groupsOfClaim(known[this.#provider.settings.groupsClaim]);
    const role = roleOfGroups(groups, this.#parts.signing.roleOfGroup);
    if (name === null) throw new NotLetIn('The identity provider gives no name that can be shown.', null);
    if (role === null) throw new NotLetIn(`You are ${name}, and none of your groups has a role here.`, name);
    return { name, role };
  }

  /** Some providers say who it is in the ID token, and others when they are asked. */
  async #completed(configuration: client.Configuration, claims: client.IDToken, accessToken: string): Promise<Claims> {
    const isWhole = claims[this.#provider.settings.groupsClaim] !== undefined && claims['email'] !== undefined;
    if (isWhole || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
    return { ...(await client.fetchUserInfo(configuration, accessToken, claims.sub)), ...claims };
  }

  /** Shows a page that says what went wrong, and tells the audit log of whoever was not let in. */
  async #orRefuse({ response, origin }: SignInRequest, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const { status, title, message, reason, person } = this.#refusalOf(error);
      const { ip, client: agent, requestId } = origin;
      if (reason !== null) {
        const actor = { name: person ?? 'unknown', credential: 'openid', ip, client: agent, requestId };
        this.#parts.audit.tellRefusal(actor, 'sign-in.refused', reason);
      }
      sendPage(response, refusedPage(status, title, message));
    }
  }

  #refusalOf(error: unknown): {
    readonly status: number;
    readonly title: string;
    readonly message: string;
    /** For the audit log; null: nobody was refused. */
    readonly reason: string | null;
    readonly person: string | null;
  } {
    const failed = { title: 'Signing in failed', person: null };
    if (error instanceof NotLetIn) {
      return { status: 403, title: 'No role', message: error.message, reason: 'no role', person: error.person };
    }
    if (error instanceof HttpError)
      return { ...failed, status: error.status, message: error.message, reason: 'openid' };
    if (error instanceof client.AuthorizationResponseError) {
      return { ...failed, status: 403, message: wordsOf(error), reason: 'openid' };
    }
    if (error instanceof Refusal) {
      const status = error instanceof RateLimited ? 429 : 503;
      return { ...failed, status, message: `${error.message}; try again soon.`, reason: null };
    }
    // NOTE not the error itself: its cause may hold the code, or the provider's tokens.
    const cause = error instanceof Error ? error.message : String(error);
    this.#parts.log('warn', 'an OpenID sign-in failed', { cause });
    return {
      ...failed,
      status: 403,
      message: 'What came back from the identity provider does not hold.',
      reason: 'openid',
    };
  }
}
