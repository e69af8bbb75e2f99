import { HttpError } from '../http-error.ts';

/** Where people find out who they are. */
export const SIGN_IN_PATH = '/sign-in';

const RETURN_PATH_LENGTH_MAX = 2048;
/** Stands for this server while a path is read. Of no importance by itself. */
const somewhere = 'http://here.invalid';

/** Two slashes, or what browsers read as one, begin the name of another server. */
const isLocal = (path: string): boolean => /^\/(?![/\\])/.test(path);

/**
 * Where to go on after signing in: a path of this server, whatever was asked for. A path that leads elsewhere, also after it
 * was normalised as browsers do it, is SIGN_IN_PATH.
 */
export const returnPathOf = (text: string | null): string => {
  if (text === null || text.length > RETURN_PATH_LENGTH_MAX || !isLocal(text)) return SIGN_IN_PATH;
  const url = URL.parse(text, somewhere);
  if (url === null || url.origin !== somewhere) return SIGN_IN_PATH;
  const path = url.pathname + url.search;
  return isLocal(path) ? path : SIGN_IN_PATH;
};

/** @throws HttpError 405 */
export const mustBeMethod = (method: string | undefined, allowed: readonly string[], path: string): void => {
  if (method !== undefined && allowed.includes(method)) return;
  const allow = allowed.join(', ');
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${path} takes ${allow}`, { allow });
};
