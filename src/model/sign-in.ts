import type { Role } from './viewer.ts';

/** A person in a browser, who gave a token or came through the identity provider: what a cookie stands for. */
export type SignIn = {
  /** Names it where the secret of its cookie must not stand. */
  readonly signInId: string;
  /** The token that was given: the sign-in ends with it, and has its role. Null for one through the identity provider. */
  readonly tokenId: string | null;
  readonly name: string;
  readonly role: Role;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
};
