import { hkdfSync } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';
import type { CatalogReader } from '../../store/catalog/catalog.ts';

/** How long somebody may take at the identity provider. */
export const OPEN_ID_MS = 10 * 60_000;

/** An OpenID sign-in on its way: what the answer of the provider is held against. */
export type PendingOpenId = {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
  readonly returnPath: string;
};

const audience = 'reeltime openid';
const KEY_BYTES = 32;

/**
 * Keeps it in the browser's cookie, where nobody else can read or make one: so that no stranger can fill this server's memory,
 * and every server of the installation can go on with it.
 */
export class PendingOpenIds {
  readonly #catalog: CatalogReader;
  readonly #clock: () => number;

  constructor(catalog: CatalogReader, clock: () => number) {
    this.#catalog = catalog;
    this.#clock = clock;
  }

  async seal({ state, nonce, verifier, returnPath }: PendingOpenId): Promise<string> {
    return new EncryptJWT({ state, nonce, verifier, returnPath })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setAudience(audience)
      .setExpirationTime(new Date(this.#clock() + OPEN_ID_MS))
      .encrypt(await this.#keyOf());
  }

  /** Null for what was not sealed here, was changed, or is over. */
  async open(sealed: string): Promise<PendingOpenId | null> {
    const key = await this.#keyOf();
    const options = {
      audience,
      requiredClaims: ['exp'],
      currentDate: new Date(this.#clock()),
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    };
    try {
      const { payload } = await jwtDecrypt<PendingOpenId>(sealed, key, options);
      return payload;
    } catch {
      return null;
    }
  }

  /** A key of the installation's for this one use (RFC 5869). */
  async #keyOf(): Promise<Uint8Array> {
    const { privateKey } = await this.#catalog.signingKey();
    return new Uint8Array(hkdfSync('sha256', privateKey, '', audience, KEY_BYTES));
  }
}
