import type { Configuration } from 'openid-client';
import { Unavailable } from '../../model/errors.ts';
import type { Log } from '../parts.ts';
import type { OpenIdSettings } from '../settings.ts';

/** A provider that does not answer is asked again after this, and not before. */
const RETRY_MS = 5_000;
const TIMEOUT_SECONDS = 10;

/**
 * What the provider says of itself (OpenID Connect Discovery 1.0): asked for when somebody first needs it, and again until it
 * answers. A provider that is down keeps nothing from working but what needs it.
 */
export class OpenIdProvider {
  readonly settings: OpenIdSettings;
  readonly #clock: () => number;
  readonly #log: Log;
  #configuration: Promise<Configuration> | null = null;
  #askAgainAtMs = 0;

  constructor(settings: OpenIdSettings, clock: () => number, log: Log) {
    this.settings = settings;
    this.#clock = clock;
    this.#log = log;
  }

  /** @throws Unavailable while the provider cannot be asked */
  async configuration(): Promise<Configuration> {
    if (this.#configuration === null && this.#clock() < this.#askAgainAtMs) throw this.unavailable(null);
    this.#configuration ??= this.#discover();
    return this.#configuration;
  }

  /** What to refuse with when the provider does not do its part. */
  unavailable(cause: unknown): Unavailable {
    return new Unavailable('the identity provider does not answer', RETRY_MS / 1000, { cause });
  }

  async #discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.settings;
    try {
      // NOTE a server without an identity provider does without the package.
      const client = await import('openid-client');
      // Plain HTTP is let through the settings for this machine alone.
      const execute = issuer.startsWith('http:') ? [client.allowInsecureRequests] : [];
      const found = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
        execute,
        timeout: TIMEOUT_SECONDS,
      });
      const server = found.serverMetadata();
      const takesBasic = server.token_endpoint_auth_methods_supported?.includes('client_secret_basic') ?? true;
      const withSecret = takesBasic ? client.ClientSecretBasic : client.ClientSecretPost;
      const authentication = clientSecret === null ? client.None() : withSecret(clientSecret);
      const configuration = new client.Configuration(server, clientId, undefined, authentication);
      configuration.timeout = TIMEOUT_SECONDS;
      for (const allow of [...execute, client.enableNonRepudiationChecks]) allow(configuration);
      return configuration;
    } catch (error) {
      this.#configuration = null;
      this.#askAgainAtMs = this.#clock() + RETRY_MS;
      this.#log('warn', 'the identity provider cannot be asked; it is tried again', { issuer, error });
      throw this.unavailable(error);
    }
  }
}
