import type { Role } from './viewer.ts';

/** Access for a program or a person, by a secret that only its holder has. */
export type Token = {
  /** The middle of `rt_<id>_<secret>`; `admin` for an admin token that people chose themselves. */
  readonly tokenId: string;
  /** No two tokens that work have the same. */
  readonly name: string;
  readonly role: Role;
  /** Owner of the sessions that it opens; null for all roles but PRODUCER. */
  readonly producer: string | null;
  readonly createdAtMs: number;
  /** Null: never. */
  readonly expiresAtMs: number | null;
  /** To the minute; null: never used. */
  readonly lastUsedAtMs: number | null;
  /** Null while it works. */
  readonly revokedAtMs: number | null;
  /** Order of making, ascending: what cursors hold. */
  readonly position: number;
};

/** The text of a token, for its holder; only its SHA-256 is kept. */
export const tokenText = (tokenId: string, secret: string): string => `rt_${tokenId}_${secret}`;

const tokenPattern = /^rt_([0-9a-f]{12})_[\w-]{43}$/;

/** The id within a token's text; null when the text is no token that this product made. */
export const tokenIdOf = (text: string): string | null => tokenPattern.exec(text)?.[1] ?? null;

/** The id of an admin token that people chose themselves. */
export const CHOSEN_TOKEN_ID = 'admin';

/** The name of the admin token, which the server itself provides: no other token can have it. */
export const ADMIN_TOKEN_NAME = 'admin';
