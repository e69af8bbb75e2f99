/** Headers as events have them. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A cookie as HAR 1.2 has it. */
export type HarCookie = {
  readonly name: string;
  readonly value: string;
  readonly path?: string;
  readonly domain?: string;
  /** ISO 8601. */
  readonly expires?: string;
  readonly httpOnly?: boolean;
  readonly secure?: boolean;
};

const valuesOf = (headers: HeaderList, wanted: string): readonly string[] =>
  headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);

const pairOf = (text: string): readonly [string, string] => {
  const at = text.indexOf('=');
  return at === -1 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
};

/** The cookies that a request's headers send (RFC 6265 section 4.2). */
export const cookiesOfRequest = (headers: HeaderList): readonly HarCookie[] =>
  valuesOf(headers, 'cookie')
    .flatMap((value) => value.split(';'))
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [name, value] = pairOf(part);
      return { name, value };
    });

/** The cookies that a response's headers set (RFC 6265 section 4.1). Some recorders join several headers by line feeds. */
export const cookiesOfResponse = (headers: HeaderList): readonly HarCookie[] =>
  valuesOf(headers, 'set-cookie')
    .flatMap((value) => value.split('\n'))
    .filter((line) => line.trim() !== '')
    .map(cookieOf);

const cookieOf = (line: string): HarCookie => {
  const [first = '', ...rest] = line.split(';');
  const [name, value] = pairOf(first);
  const attributes = new Map(rest.map((part) => pairOf(part)).map(([key, text]) => [key.toLowerCase(), text]));
  const path = attributes.get('path');
  const domain = attributes.get('domain');
  const expiresMs = Date.parse(attributes.get('expires') ?? '');
  return {
    name,
    value,
    ...(path === undefined ? {} : { path }),
    ...(domain === undefined ? {} : { domain }),
    ...(Number.isNaN(expiresMs) ? {} : { expires: new Date(expiresMs).toISOString() }),
    httpOnly: attributes.has('httponly'),
    secure: attributes.has('secure'),
  };
};
