import { parseSetCookie } from 'cookie';

type Kept = { readonly origin: string; readonly path: string; readonly name: string; readonly value: string };

/** Follows links and keeps cookies as a browser does, and shows both. Runs no scripts. */
export class Browser {
  #cookies: Kept[] = [];

  /** The cookies of a server, as in its Cookie header. */
  cookiesFor(url: string): string {
    const { origin, pathname } = new URL(url);
    const own = this.#cookies.filter((cookie) => cookie.origin === origin && pathname.startsWith(cookie.path));
    return own.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** One request; redirects are not followed. */
  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const cookies = this.cookiesFor(url);
    if (cookies !== '') headers.set('cookie', cookies);
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.#keep(new URL(url), line);
    return answer;
  }

  /** What a page of the server sends itself. */
  async post(url: string, body?: unknown): Promise<Response> {
    const headers = { origin: new URL(url).origin, 'content-type': 'application/json' };
    return this.ask(url, { method: 'POST', headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  /** Follows redirects for as long as they stay away from `until`. @returns the URL that it stopped before, or was shown */
  async follow(url: string, until: string): Promise<string> {
    let at = url;
    for (let hop = 0; hop < 10; hop += 1) {
      if (at.startsWith(until)) return at;
      const answer = await this.ask(at);
      const location = answer.headers.get('location');
      if (location === null) return at;
      at = new URL(location, at).href;
    }
    throw new Error(`too many redirects, the last to ${at}`);
  }

  #keep({ origin }: URL, line: string): void {
    const { name, value = '', path = '/', maxAge, expires } = parseSetCookie(line);
    this.#cookies = this.#cookies.filter((kept) => kept.origin !== origin || kept.name !== name || kept.path !== path);
    const isOver = maxAge === 0 || (expires !== undefined && expires.getTime() <= Date.now());
    if (!isOver) this.#cookies.push({ origin, path, name, value });
  }
}
