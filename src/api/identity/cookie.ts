import type { IncomingMessage } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';

/**
 * Behind TLS the browser takes a cookie with this prefix only from this very host, over TLS and for all paths (RFC 6265bis
 * section 4.1.3.2): no other host of the same site can put one in its place.
 */
const nameOf = (name: string, isSecure: boolean): string => (isSecure ? `__Host-${name}` : name);

export type CookieAttributes = {
  readonly isSecure: boolean;
  readonly sameSite: 'strict' | 'lax';
  /** 0 deletes it. */
  readonly maxAgeSeconds: number;
};

/** The value of a Set-Cookie header. No script can read the cookie. */
export const setCookie = (name: string, value: string, attributes: CookieAttributes): string =>
  stringifySetCookie({
    name: nameOf(name, attributes.isSecure),
    value,
    path: '/',
    httpOnly: true,
    sameSite: attributes.sameSite,
    secure: attributes.isSecure,
    maxAge: Math.max(0, Math.floor(attributes.maxAgeSeconds)),
  });

/** Null when the request has none of this name. */
export const readCookie = (request: IncomingMessage, name: string, isSecure: boolean): string | null => {
  const header = request.headers.cookie;
  return header === undefined ? null : (parseCookie(header)[nameOf(name, isSecure)] ?? null);
};

/** Who is signed in: a secret whose SHA-256 the catalog knows. */
export const signInCookie = 'reeltime';
/** An OpenID sign-in on its way. */
export const openIdCookie = 'reeltime-openid';
