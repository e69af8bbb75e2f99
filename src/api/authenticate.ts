import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Viewer } from '../model/viewer.ts';
import type { ApiParts } from './parts.ts';

/** Who has the token of this process: a verb on the same machine. Known by being this very object, whatever others are named. */
export const localViewer: Viewer = { name: 'local', role: 'ADMIN', producer: null, expiresAtMs: null };

/** A longer text is no token of ours, and is not hashed. */
const TOKEN_LENGTH_MAX = 4096;

const bearerPattern = /^Bearer +(\S+) *$/i;

/** The token of a request; null when there is none. */
export const tokenOf = (headers: IncomingHttpHeaders): string | null => {
  const header = headers['x-access-token'];
  if (typeof header === 'string' && header !== '') return header;
  return bearerPattern.exec(headers.authorization ?? '')?.[1] ?? null;
};

/** Whose token this is, for every transport; null for none, an unknown one, and one that is over. */
export const authenticate = async (parts: ApiParts, token: string | null): Promise<Viewer | null> => {
  if (token === null || token.length > TOKEN_LENGTH_MAX) return null;
  const sha256 = createHash('sha256').update(token, 'utf8').digest();
  if (timingSafeEqual(sha256, parts.processTokenSha256)) return localViewer;
  const row = await parts.catalog.token(sha256);
  if (row === null || isOver(row, parts.clock())) return null;
  const { name, role, producer, expiresAtMs } = row;
  return { name, role, producer, expiresAtMs };
};

/** Whether a token with this end is over. */
export const isOver = ({ expiresAtMs }: Pick<Viewer, 'expiresAtMs'>, nowMs: number): boolean =>
  expiresAtMs !== null && expiresAtMs <= nowMs;
