import { Conflict } from '../../../model/errors.ts';
import type { CatalogWriter } from '../catalog.ts';
import { addAuditEntry } from './add-audit-entry.ts';
import type { WriteContext } from './write-context.ts';

/** Those that are over go when a new one comes. @throws Conflict when the token was revoked meanwhile */
export const putSignIn = (
  context: WriteContext,
  { signIn, sha256, audit }: Parameters<CatalogWriter['putSignIn']>[0],
): void => {
  const { signInId, tokenId, name, role, createdAtMs, expiresAtMs } = signIn;
  if (tokenId !== null) {
    const token = context.get('SELECT 1 FROM tokens WHERE token_id = ? AND revoked_ms IS NULL', tokenId);
    if (token === undefined) throw new Conflict('the token was revoked');
  }
  context.run('DELETE FROM sign_ins WHERE expires_ms <= ?', createdAtMs);
  context.run(
    `INSERT INTO sign_ins (sign_in_id, sha256, token_id, name, role, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    signInId,
    sha256,
    tokenId,
    name.toWellFormed(),
    role,
    createdAtMs,
    expiresAtMs,
  );
  addAuditEntry(context, audit);
};

export const endSignIn = (
  context: WriteContext,
  { signInId, audit }: Parameters<CatalogWriter['endSignIn']>[0],
): void => {
  const { changes } = context.run('DELETE FROM sign_ins WHERE sign_in_id = ?', signInId);
  if (changes === 0) return;
  context.announceCredentials();
  addAuditEntry(context, audit);
};
