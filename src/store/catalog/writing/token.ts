import type { NewAuditEntry } from '../../../model/audit.ts';
import { Conflict, NotFound } from '../../../model/errors.ts';
import type { Token } from '../../../model/token.ts';
import type { CreateTokenWrite, NewToken, PutTokenWrite } from '../access-records.ts';
import { tokenOf, type TokenRow } from '../token-row.ts';
import { addAuditEntry } from './add-audit-entry.ts';
import type { WriteContext } from './write-context.ts';

const tokenRow = (context: WriteContext, tokenId: string): TokenRow | undefined =>
  context.get('SELECT * FROM tokens WHERE token_id = ?', tokenId);

const tokenOrThrow = (context: WriteContext, tokenId: string): Token => {
  const row = tokenRow(context, tokenId);
  if (row === undefined) throw new NotFound('no such token');
  return tokenOf(row);
};

const insertToken = (context: WriteContext, input: NewToken): void => {
  context.run(
    `INSERT INTO tokens (token_id, name, sha256, role, producer, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    input.tokenId,
    input.name.toWellFormed(),
    input.sha256,
    input.role,
    input.producer?.toWellFormed() ?? null,
    input.createdAtMs,
    input.expiresAtMs,
  );
};

export const createToken = (context: WriteContext, input: CreateTokenWrite): Token => {
  const named = context.get('SELECT 1 FROM tokens WHERE name = ? AND revoked_ms IS NULL', input.name.toWellFormed());
  if (named !== undefined) throw new Conflict('a token that is not revoked has this name');
  const same = context.get('SELECT 1 FROM tokens WHERE token_id = ? OR sha256 = ?', input.tokenId, input.sha256);
  if (same !== undefined) throw new Conflict('there is a token with this id or secret');
  insertToken(context, input);
  addAuditEntry(context, input.audit);
  return tokenOrThrow(context, input.tokenId);
};

/** The first time stands. Sign-ins with it end. */
export const revokeToken = (
  context: WriteContext,
  input: { readonly tokenId: string; readonly atMs: number; readonly audit: NewAuditEntry },
): Token => {
  const token = tokenOrThrow(context, input.tokenId);
  if (token.revokedAtMs !== null) return token;
  context.run('UPDATE tokens SET revoked_ms = ? WHERE token_id = ?', input.atMs, input.tokenId);
  context.run('DELETE FROM sign_ins WHERE token_id = ?', input.tokenId);
  context.announceCredentials();
  addAuditEntry(context, input.audit);
  return tokenOrThrow(context, input.tokenId);
};

/** Whether a token has the id or the secret that is not the one to put in place. */
const isAnothers = (context: WriteContext, { tokenId, sha256, name, role }: NewToken): boolean =>
  undefined !==
  context.get(
    'SELECT 1 FROM tokens WHERE (token_id = ? OR sha256 = ?) AND (name <> ? OR role <> ?)',
    tokenId,
    sha256,
    name.toWellFormed(),
    role,
  );

/** Ends whatever has the place of this token, and tells of what worked. */
const endReplaced = (context: WriteContext, { tokenId, sha256, name, createdAtMs, actor }: PutTokenWrite): void => {
  const replaced = context.all<Pick<TokenRow, 'token_id' | 'revoked_ms'>>(
    `DELETE FROM tokens WHERE sha256 <> ? AND (token_id = ? OR (name = ? AND revoked_ms IS NULL))
     RETURNING token_id, revoked_ms`,
    sha256,
    tokenId,
    name.toWellFormed(),
  );
  if (replaced.length > 0) context.announceCredentials();
  for (const { token_id, revoked_ms } of replaced) {
    if (revoked_ms !== null) continue;
    const target = `token ${token_id}`;
    addAuditEntry(context, { atMs: createdAtMs, actor, action: 'token.revoked', target, details: null });
  }
};

/** One with the same secret is the same token: it keeps its times, and stays revoked. */
export const putToken = (context: WriteContext, input: PutTokenWrite): Token => {
  const { tokenId, sha256, role, producer, expiresAtMs, createdAtMs: atMs, actor } = input;
  if (isAnothers(context, input)) throw new Conflict('another token has this id or secret');
  endReplaced(context, input);
  // Older versions kept a token under another id than the one in its text.
  const { changes } = context.run('UPDATE tokens SET token_id = ? WHERE sha256 = ?', tokenId, sha256);
  if (changes === 0) {
    insertToken(context, input);
    const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
    const details = { role, producer, expiresAt };
    addAuditEntry(context, { atMs, actor, action: 'token.created', target: `token ${tokenId}`, details });
  }
  return tokenOrThrow(context, tokenId);
};

/** Never backwards. */
export const markTokenUsed = (
  context: WriteContext,
  { tokenId, atMs }: { readonly tokenId: string; readonly atMs: number },
): void => {
  context.run('UPDATE tokens SET last_used_ms = max(coalesce(last_used_ms, 0), ?) WHERE token_id = ?', atMs, tokenId);
};
