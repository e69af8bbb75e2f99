import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';
import type { OpenIdSettings } from '../../../src/api/settings.ts';

/** Who is there, by subject, and what is said of them. */
export const people: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ada: { email: 'ada@example.org', email_verified: true, groups: ['staff', 'secops'] },
  bob: { email: 'bob@example.org', email_verified: true, groups: ['staff'] },
  eve: { email: 'ada@example.org', email_verified: false, preferred_username: 'eve', groups: 'auditors' },
};

/** An OpenID provider of the certified kind, on a port of its own. Until it is `open` it answers 503. */
export type IdentityProvider = AsyncDisposable & {
  readonly settings: OpenIdSettings;
  /** Who is at the browser: the provider asks nobody for a password. Null: they refuse. */
  person: string | null;
  /** While it is, it answers 503 to everything. */
  isDown: boolean;
  /** Lets it begin, for a server that is found at this URL. */
  readonly open: (serverUrl: string) => void;
  /** A JWT by the provider's key; `exp` is in a minute, unless told otherwise. */
  readonly sign: (claims: JWTPayload) => Promise<string>;
  /** How often it was asked for its configuration, and for its keys. */
  readonly asked: { configuration: number; keys: number };
  /** Bytes of the public key's DER, for those who would take it for a shared secret. */
  readonly publicKey: () => Promise<string>;
};

const bearerAudience = 'https://reeltime.example';

const makeKeys = async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: 'one', use: 'sig', alg: 'RS256' };
  return { privateKey, publicKey, jwk };
};

const configurationOf = (serverUrl: string, jwk: object, settings: OpenIdSettings) => ({
  clients: [
    {
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      redirect_uris: [`${serverUrl}/sign-in/openid/callback`],
    },
  ],
  jwks: { keys: [jwk] },
  cookies: { keys: ['a key of the tests'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['preferred_username'], groups: ['groups'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
  findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
  ttl: { Interaction: 60, Session: 60, Grant: 60, AccessToken: 60, AuthorizationCode: 60, IdToken: 60 },
});

export const startIdentityProvider = async (): Promise<IdentityProvider> => {
  const keys = await makeKeys();
  let provider: Provider | null = null;
  const http = createServer((request, response) => void answer(request, response));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  // Another site than the servers under test, which are at 127.0.0.1: ports alone make none.
  const issuer = `http://localhost:${(http.address() as AddressInfo).port}`;
  const settings = {
    issuer,
    clientId: 'reeltime',
    clientSecret: 'a secret of the client:',
    groupsClaim: 'groups',
    bearerAudience,
  };

  const interact = async (at: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { prompt } = await at.interactionDetails(request, response);
    const accountId = running.person;
    if (accountId === null) {
      const refusal = { error: 'access_denied', error_description: '<img src=x onerror=alert(1)>' };
      return at.interactionFinished(request, response, refusal);
    }
    if (prompt.name === 'login') return at.interactionFinished(request, response, { login: { accountId } });
    const grant = new at.Grant({ clientId: settings.clientId, accountId });
    grant.addOIDCScope('openid email profile groups');
    return at.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    if (path.includes('openid-configuration')) running.asked.configuration += 1;
    if (path === '/jwks') running.asked.keys += 1;
    if (provider === null || running.isDown) response.writeHead(503).end();
    else if (path.startsWith('/interaction/')) await interact(provider, request, response);
    else provider.callback()(request, response);
  };

  const running: IdentityProvider = {
    settings,
    person: 'ada',
    isDown: false,
    asked: { configuration: 0, keys: 0 },
    open: (serverUrl) => {
      provider = new Provider(issuer, configurationOf(serverUrl, keys.jwk, settings));
    },
    sign: (claims) =>
      new SignJWT({ iss: issuer, aud: bearerAudience, exp: Math.floor(Date.now() / 1000) + 60, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .sign(keys.privateKey),
    publicKey: async () => JSON.stringify(await exportJWK(keys.publicKey)),
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return running;
};
