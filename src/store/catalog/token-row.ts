import type { SignIn } from '../../model/sign-in.ts';
import type { Token } from '../../model/token.ts';
import type { Role } from '../../model/viewer.ts';
import type { SignInsTable, TokensTable } from './tables.ts';

export type TokenRow = Omit<TokensTable, 'position'> & { readonly position: number };

export const tokenOf = (row: TokenRow): Token => ({
  tokenId: row.token_id,
  name: row.name,
  role: row.role as Role,
  producer: row.producer,
  createdAtMs: row.created_ms,
  expiresAtMs: row.expires_ms,
  lastUsedAtMs: row.last_used_ms,
  revokedAtMs: row.revoked_ms,
  position: row.position,
});

export const signInOf = (row: SignInsTable): SignIn => ({
  signInId: row.sign_in_id,
  tokenId: row.token_id,
  name: row.name,
  role: row.role as Role,
  createdAtMs: row.created_ms,
  expiresAtMs: row.expires_ms,
});
