import type { IncomingMessage } from 'node:http';
import type { Viewer } from '../../model/viewer.ts';
import { HttpError } from '../http-error.ts';
import type { RequestOrigin } from '../origin.ts';
import type { NetworkSettings } from '../settings.ts';

/** Where browsers find this server, without a slash at the end; null when nobody said. */
export const ownUrl = ({ isSecure, host }: RequestOrigin, { publicUrl }: NetworkSettings): string | null => {
  if (publicUrl !== null) return publicUrl;
  const url = host === null ? null : URL.parse(`${isSecure ? 'https' : 'http'}://${host}`);
  return url?.origin ?? null;
};

/**
 * Whether a page of this very server sent the request. Browsers say so, and no page can change what they say
 * (Fetch Metadata; Origin, RFC 6454): what says nothing is no page of ours.
 */
export const isFromHere = (request: IncomingMessage, origin: RequestOrigin, network: NetworkSettings): boolean => {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const sender = request.headers.origin;
  if (sender === undefined || sender === 'null') return false;
  const own = [ownUrl(origin, network), ownUrl(origin, { ...network, publicUrl: null })];
  return own.some((url) => url !== null && URL.parse(url)?.origin === sender);
};

/** Whether the browser adds by itself what this access stands on, whichever page asks: a cookie, or a login at a proxy. */
export const isAmbient = ({ credential }: Viewer): boolean =>
  credential.startsWith('sign-in ') || credential.startsWith('proxy ');

const csrfRefused = (message: string): HttpError => new HttpError(403, 'CSRF_REFUSED', message);

/** @throws HttpError 403 CSRF_REFUSED unless a page of this server sent the request */
export const mustBeFromHere = (request: IncomingMessage, origin: RequestOrigin, network: NetworkSettings): void => {
  if (isFromHere(request, origin, network)) return;
  throw csrfRefused('this must come from a page of this server: programs send a token, and no cookie');
};

/**
 * Keeps pages of other sites from acting with what a browser adds by itself. A token that is sent with the request is
 * nothing that a foreign page has, and passes.
 * @throws HttpError 403 CSRF_REFUSED
 */
export const refuseForeignPages = (
  viewer: Viewer,
  request: IncomingMessage,
  origin: RequestOrigin,
  network: NetworkSettings,
): void => {
  if (!isAmbient(viewer)) return;
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  if (!isReading) return mustBeFromHere(request, origin, network);
  if (request.headers['sec-fetch-site'] === 'cross-site') throw csrfRefused('pages of other sites may not read here');
};
