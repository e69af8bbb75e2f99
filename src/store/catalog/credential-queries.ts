import { sql } from 'kysely';
import { build } from './statements.ts';

const jsonIds = (ids: readonly string[]) => sql<string>`(SELECT value FROM json_each(${JSON.stringify(ids)}))`;

/** The token of an id, which is its one parameter. */
export const tokenOfId = build.selectFrom('tokens').selectAll().where('token_id', '=', '').compile();

/** Those of these tokens that are neither revoked nor over. */
export const standingTokens = (tokenIds: readonly string[], nowMs: number) =>
  build
    .selectFrom('tokens')
    .select('token_id')
    .where('token_id', 'in', jsonIds(tokenIds))
    .where('revoked_ms', 'is', null)
    .where((where) => where.or([where('expires_ms', 'is', null), where('expires_ms', '>', nowMs)]));

/** Those of these sign-ins that are not over, and neither is the token that each was made with. */
export const standingSignIns = (signInIds: readonly string[], nowMs: number) =>
  build
    .selectFrom('sign_ins')
    .leftJoin('tokens', 'tokens.token_id', 'sign_ins.token_id')
    .select('sign_in_id')
    .where('sign_in_id', 'in', jsonIds(signInIds))
    .where('sign_ins.expires_ms', '>', nowMs)
    .where('tokens.revoked_ms', 'is', null)
    .where((where) => where.or([where('tokens.expires_ms', 'is', null), where('tokens.expires_ms', '>', nowMs)]));
