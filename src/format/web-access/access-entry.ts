/** One request, as a web server's access log tells of it. */
export type AccessEntry = {
  /** Of the client; a name where the server looks names up. */
  readonly address: string;
  readonly port: number | null;
  /** Whom the server knew it to be; null where nobody. */
  readonly user: string | null;
  /** The host that was asked for; null where the log does not say. */
  readonly host: string | null;
  readonly request: AccessRequest;
  /** Null where nothing was answered. */
  readonly status: number | null;
  /** Bytes of the answer's body; null where the log does not say. */
  readonly bodySize: number | null;
  /** Headers of the request that the log has. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly agent: string | null;
  /** What answered, behind a proxy. */
  readonly upstream: string | null;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly durationMs: number | null;
};

/** What was asked for. Of a request line that is none of HTTP the method is empty, and the line is the url. */
export type AccessRequest = {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string | null;
};

const requestLine = /^([A-Z][A-Z_-]{0,31}) (\S+|\/.*\S)(?: (HTTP\/\d(?:\.\d)?))?$/s;

/** The parts of a request line: `GET /a HTTP/1.1`. */
export const readRequestLine = (line: string): AccessRequest => {
  const match = requestLine.exec(line);
  const [, method = '', url = '', httpVersion] = match ?? [];
  return match === null
    ? { method: '', url: line, httpVersion: null }
    : { method, url, httpVersion: httpVersion ?? null };
};

/** From 100 to 999, also written as a text; null for all else, such as 0 where a client left. */
export const statusOf = (text: string | number | null): number | null => {
  const status = Number(text ?? 0);
  return Number.isInteger(status) && status >= 100 && status <= 999 ? status : null;
};
