import { createHash } from 'node:crypto';
import type { AuditEntriesTable, AuditPseudonymsTable } from './tables.ts';

/*
 * What makes the audit log's entries one chain, and how people stand in it.
 *
 * hash(0) = SHA-256 of the UTF-8 bytes of "reeltime audit 1", a zero byte, and the chain's name.
 * hash(n) = SHA-256 of hash(n - 1), which are 32 bytes, followed by the UTF-8 bytes of entry n as a JSON array
 *   [position, entry_id, chain, at_ms, actor, origin, credential, action, target, request_id, details]
 *   as ECMAScript's JSON.stringify writes it: without white space, numbers in decimal digits, null for what is absent.
 *   `details` is itself JSON, and stands in the array as the text that is kept, not as an object.
 * Positions are 1, 2, 3 … without a hole.
 *
 * `actor` and `origin` are pseudonyms: the first 16 bytes, as lower-case hex, of SHA-256 of a salt (16 random bytes)
 * followed by the UTF-8 bytes of a text that is kept beside the log. The text of an actor is the name; of an origin it is
 * the JSON array [ip, client]. So a text cannot be changed unseen, and cannot be guessed once salt and text are deleted:
 * which is how somebody is forgotten without a change of the chain.
 */

/** The columns that a hash covers. */
export type ChainedEntry = Omit<AuditEntriesTable, 'hash'>;

/** The hash before the first entry. */
export const chainBegin = (chain: string): Buffer =>
  createHash('sha256').update(`reeltime audit 1\0${chain}`, 'utf8').digest();

export const hashEntry = (previous: Uint8Array, entry: ChainedEntry): Buffer => {
  const columns = [
    entry.position,
    entry.entry_id,
    entry.chain,
    entry.at_ms,
    entry.actor,
    entry.origin,
    entry.credential,
    entry.action,
    entry.target,
    entry.request_id,
    entry.details,
  ];
  return createHash('sha256').update(previous).update(JSON.stringify(columns), 'utf8').digest();
};

/** Random bytes that a pseudonym is made with. */
export const SALT_BYTES = 16;

const PSEUDONYM_DIGITS = 32;

export const pseudonymOf = ({ salt, text }: Pick<AuditPseudonymsTable, 'salt' | 'text'>): string =>
  createHash('sha256').update(salt).update(text, 'utf8').digest('hex').slice(0, PSEUDONYM_DIGITS);

/** Where somebody came from, as the text of a pseudonym; null when nothing is known of it. */
export const originText = (ip: string | null, client: string | null): string | null =>
  ip === null && client === null ? null : JSON.stringify([ip, client]);

/** What originText was given. */
export const readOrigin = (text: string | null): { readonly ip: string | null; readonly client: string | null } => {
  if (text === null) return { ip: null, client: null };
  const [ip, client] = JSON.parse(text) as readonly [string | null, string | null];
  return { ip, client };
};
