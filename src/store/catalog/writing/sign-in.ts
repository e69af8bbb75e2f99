import { Conflict } from '../../../model/errors.ts';
import { SIGN_INS_MAX } from '../../../model/limits.ts';
import type { NewAuditEntry } from '../../../model/audit.ts';
import type { SignIn } from '../../../model/sign-in.ts';
import type { CatalogWriter } from '../catalog.ts';
import { addAuditEntry } from './add-audit-entry.ts';
import type { WriteContext } from './write-context.ts';

/** Makes room for another one of the same account (see accountOfSignIn): what ends for it is told as if whoever comes had ended it. */
const endOldest = (context: WriteContext, { tokenId, name }: SignIn, audit: NewAuditEntry): void => {
  const ended = context.all<{ sign_in_id: string }>(
    `DELETE FROM sign_ins WHERE sign_in_id IN (
       SELECT sign_in_id FROM sign_ins WHERE token_id IS ? AND (token_id IS NOT NULL OR name = ?)
       ORDER BY created_ms DESC, sign_in_id LIMIT -1 OFFSET ?) RETURNING sign_in_id`,
    tokenId,
    name.toWellFormed(),
    SIGN_INS_MAX - 1,
  );
  if (ended.length === 0) return;
  context.announceCredentials();
  const details = { because: `at most ${SIGN_INS_MAX} sign-ins of one account last at once` };
  for (const { sign_in_id } of ended) {
    addAuditEntry(context, { ...audit, action: 'sign-out', target: `sign-in ${sign_in_id}`, details });
  }
};

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
  endOldest(context, signIn, audit);
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
