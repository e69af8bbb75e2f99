import type { IncomingMessage } from 'node:http';
import type { RequestOrigin } from '../origin.ts';
import type { SignInSettings } from '../settings.ts';
import { printableName } from './person-name.ts';

/** Whom a reverse proxy says that it let through. */
export type ProxyIdentity = { readonly user: string; readonly groups: readonly string[] };

/** The one value of a header; null when there is none, or there are several: of which all but one may be the client's own. */
const soleValue = (request: IncomingMessage, name: string): string | null => {
  const [value, ...others] = request.headersDistinct[name] ?? [];
  // Header bytes come as Latin-1, and proxies write UTF-8.
  return value === undefined || others.length > 0 ? null : Buffer.from(value, 'latin1').toString('utf8');
};

/**
 * What a trusted proxy says of who asks. From anybody else the headers are taken off the request, so that nobody after this
 * reads them by accident.
 */
export const proxyIdentityOf = (
  request: IncomingMessage,
  origin: RequestOrigin,
  names: SignInSettings['proxyIdentity'],
): ProxyIdentity | null => {
  if (names === null) return null;
  const { userHeader, groupsHeader } = names;
  if (!origin.isFromTrustedProxy) {
    for (const name of [userHeader, groupsHeader]) {
      delete request.headers[name];
      delete request.headersDistinct[name];
    }
    return null;
  }
  const user = printableName(soleValue(request, userHeader));
  const groups = soleValue(request, groupsHeader);
  if (user === null || groups === null) return null;
  return { user, groups: groups.split(',').map((group) => group.trim()) };
};
