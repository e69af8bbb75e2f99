import { z } from 'zod';
import { Forbidden, InvalidInput, RateLimited, Unauthenticated, Unavailable } from '../../model/errors.ts';
import { accountOfSignIn } from '../../model/account.ts';
import type { NewSignIn } from '../../ingest/sign-ins.ts';
import type { Admission } from '../admission.ts';
import { sendJson } from '../answer.ts';
import type { Authenticator } from '../authenticate.ts';
import { readJsonBody } from '../body.ts';
import { HttpError } from '../http-error.ts';
import type { RequestOrigin } from '../origin.ts';
import type { ApiParts } from '../parts.ts';
import { setCookie, signInCookie } from '../identity/cookie.ts';
import type { OpenIdPaths } from './open-id-paths.ts';
import { sendPage, signedInPage, signInPage } from './page.ts';
import type { Asked } from './sign-in-request.ts';
import { mustBeMethod, returnPathOf, SIGN_IN_PATH } from './return-path.ts';
import { mustBeFromHere } from '../identity/same-origin.ts';

const BODY_BYTES_MAX = 32 * 1024;
const bodySchema = z.strictObject({ token: z.string().min(1) });
const paths: ReadonlySet<string> = new Set([SIGN_IN_PATH, '/sign-out', '/sign-in/openid', '/sign-in/openid/callback']);

/** How people sign in and out: the pages, and what they send. A server has one. */
export class SignInPaths {
  readonly #parts: ApiParts;
  readonly #authenticator: Authenticator;
  readonly #admission: Admission;
  #openId: OpenIdPaths | null = null;

  constructor(parts: ApiParts, authenticator: Authenticator, admission: Admission) {
    this.#parts = parts;
    this.#authenticator = authenticator;
    this.#admission = admission;
  }

  /** Whether a path is answered here. None of them needs a token. */
  takes(path: string): boolean {
    return paths.has(path);
  }

  /** @throws HttpError 403, 405, 413, 415, InvalidInput, Unauthenticated, RateLimited, Forbidden, NotFound */
  async answer(asked: Asked): Promise<void> {
    const { path, request } = asked;
    if (path === '/sign-out') return this.#signOut(asked);
    if (path !== SIGN_IN_PATH) return this.#answerOpenId(asked);
    mustBeMethod(request.method, ['GET', 'HEAD', 'POST'], path);
    return request.method === 'POST' ? this.#signIn(asked) : this.#show(asked);
  }

  async #show({ request, response, query, origin }: Asked): Promise<void> {
    const returnPath = returnPathOf(query.get('return'));
    const viewer = await this.#authenticator.authenticate({ token: null, request, origin }).catch((error: unknown) => {
      // Whoever failed too often needs this page the more.
      if (error instanceof RateLimited || error instanceof Unavailable) return null;
      throw error;
    });
    sendPage(
      response,
      viewer === null ? signInPage(returnPath, this.#authenticator.openId !== null) : signedInPage(viewer),
    );
  }

  async #signIn({ request, response, origin }: Asked): Promise<void> {
    mustBeFromHere(request, origin, this.#parts.network);
    const body = bodySchema.safeParse(await readJsonBody(request, BODY_BYTES_MAX));
    if (!body.success) throw new InvalidInput('token', 'the body must be {"token":"…"}');
    const viewer = await this.#authenticator.authenticate({ token: body.data.token, request, origin });
    if (viewer === null) throw new Unauthenticated('this token is not valid');
    const [kind, tokenId = null] = viewer.credential.split(' ', 2);
    if (kind !== 'token') throw new Forbidden('people sign in with a token that was made for them');
    const { name, role, expiresAtMs: tokenExpiresAtMs } = viewer;
    const { cookie, expiresAtMs } = await this.#begin(origin, viewer.credential, {
      tokenId,
      name,
      role,
      tokenExpiresAtMs,
    });
    response.setHeader('set-cookie', cookie);
    sendJson(response, 200, { name, role, expires_at: new Date(expiresAtMs).toISOString() });
  }

  /** Counts as a request of whoever signs in. @throws RateLimited, Forbidden, Conflict */
  async #begin(
    { ip, client, requestId, isSecure }: RequestOrigin,
    credential: string,
    who: NewSignIn,
  ): Promise<{ readonly cookie: string; readonly expiresAtMs: number }> {
    await this.#admission.request({ account: accountOfSignIn(who), role: who.role });
    const actor = { name: who.name, credential, ip, client, requestId };
    const { signIn, secret } = await this.#parts.signIns.begin(actor, who);
    const maxAgeSeconds = (signIn.expiresAtMs - this.#parts.clock()) / 1000;
    const cookie = setCookie(signInCookie, secret, { isSecure, sameSite: 'strict', maxAgeSeconds });
    return { cookie, expiresAtMs: signIn.expiresAtMs };
  }

  /** Repeating is the same: without a sign-in, only the cookie goes. */
  async #signOut({ request, response, path, origin }: Asked): Promise<void> {
    mustBeMethod(request.method, ['POST'], path);
    mustBeFromHere(request, origin, this.#parts.network);
    const viewer = await this.#authenticator.ofCookie(request, origin);
    const { ip, client, requestId, isSecure } = origin;
    if (viewer !== null) {
      await this.#parts.signIns.end({ viewer, ip, client, requestId }, viewer.credential.slice('sign-in '.length));
    }
    response.setHeader('set-cookie', setCookie(signInCookie, '', { isSecure, sameSite: 'strict', maxAgeSeconds: 0 }));
    response.writeHead(204).end();
  }

  async #answerOpenId(asked: Asked): Promise<void> {
    const { openId: provider } = this.#authenticator;
    if (provider === null) throw new HttpError(404, 'NOT_FOUND', 'no identity provider is configured');
    mustBeMethod(asked.request.method, ['GET'], asked.path);
    if (this.#openId === null) {
      // NOTE a server without an identity provider does without the packages behind it.
      const loaded = await import('./open-id-paths.ts');
      this.#openId ??= new loaded.OpenIdPaths(this.#parts, provider);
    }
    const begin = async (who: NewSignIn): Promise<string> => (await this.#begin(asked.origin, 'openid', who)).cookie;
    const step = asked.path === '/sign-in/openid' ? 'begin' : 'finish';
    return this.#openId[step]({ ...asked, begin });
  }
}
