import type { Exchange, ExchangedBody } from '../exchange-window.ts';
import { encodeBase64 } from '../base64.ts';
import { jsonOf } from '../tuples.ts';
import { isUtf8 } from '../utf8-carry.ts';
import { cookiesOfRequest, cookiesOfResponse, type HeaderList } from './cookies.ts';
import { countOrNull, type JsonMap, mapOf, mapOrNull, millisecondsOrNull, textOrNull, without } from './har-values.ts';

export type HttpExchange = Exchange<'req', 'res'>;
type Request = NonNullable<HttpExchange['request']>;
type Answer = NonNullable<HttpExchange['answer']>;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * An exchange as an entry of HAR 1.2: what a HAR told of it, where it was imported, under what the recording itself knows.
 * What is not there is said in comments.
 * @param startedAtMs of the recording, milliseconds since the epoch. @param pageIds of the pages that the HAR will have
 */
export const entryOfExchange = (
  { request, answer, bodies }: HttpExchange,
  startedAtMs: number,
  pageIds: ReadonlySet<string>,
): JsonMap => {
  const told = plainMap(request?.har);
  const extra = without(told, ['request', 'postData', ...(pageIds.has(String(told['pageref'])) ? [] : ['pageref'])]);
  const comment = commentOf({ request, answer, bodies }, textOrNull(extra['comment']));
  const serverAddress = answer?.serverAddress ?? null;
  return {
    ...without(extra, ['comment']),
    startedDateTime: new Date(startedAtMs + ((request ?? answer)?.timeMs ?? 0)).toISOString(),
    time: answer?.durationMs ?? 0,
    request: requestOf(request, bodies.req),
    response: responseOf(answer, bodies.res),
    cache: mapOf(extra['cache']),
    timings: timingsOf(answer),
    ...(serverAddress === null ? {} : { serverIPAddress: serverAddress }),
    ...(comment === null ? {} : { comment }),
  };
};

const requestOf = (request: Request | null, body: ExchangedBody | null): JsonMap => {
  const har = plainMap(request?.har);
  const told = mapOf(har['request']);
  const headers = request?.headers ?? [];
  const url = request?.url ?? '';
  return {
    ...told,
    method: request?.method ?? '',
    url,
    httpVersion: request?.httpVersion ?? '',
    cookies: Array.isArray(told['cookies']) ? told['cookies'] : cookiesOfRequest(headers),
    headers: headersOf(headers),
    queryString: queryOf(url),
    headersSize: countOrNull(told['headersSize']) ?? -1,
    bodySize: request?.bodySize ?? -1,
    ...postDataOf(mapOrNull(har['postData']), headers, body),
  };
};

const postDataOf = (told: JsonMap | null, headers: HeaderList, body: ExchangedBody | null): JsonMap => {
  if (told === null && body === null) return {};
  const { text, isBase64 } = textOf(body, told?.['encoding'] ?? told?.['_encoding']);
  const postData = {
    ...without(told ?? {}, ['encoding', '_encoding']),
    mimeType: textOrNull(told?.['mimeType']) ?? headerOf(headers, 'content-type') ?? '',
    params: Array.isArray(told?.['params']) ? told['params'] : [],
    text: text ?? '',
    // HAR 1.2 has no word for it here.
    ...(isBase64 ? { _encoding: 'base64' } : {}),
  };
  return { postData };
};

const responseOf = (answer: Answer | null, body: ExchangedBody | null): JsonMap => {
  const told = plainMap(answer?.har);
  const headers = answer?.headers ?? [];
  return {
    ...without(told, ['content', 'timings']),
    status: answer?.status ?? 0,
    statusText: answer?.statusText ?? '',
    httpVersion: answer?.httpVersion ?? '',
    cookies: Array.isArray(told['cookies']) ? told['cookies'] : cookiesOfResponse(headers),
    headers: headersOf(headers),
    content: contentOf(mapOf(told['content']), headers, body),
    redirectURL: textOrNull(told['redirectURL']) ?? headerOf(headers, 'location') ?? '',
    headersSize: countOrNull(told['headersSize']) ?? -1,
    bodySize: answer?.bodySize ?? -1,
    ...(answer === null || answer.error === null ? {} : { _error: answer.error }),
  };
};

const contentOf = (told: JsonMap, headers: HeaderList, body: ExchangedBody | null): JsonMap => {
  const { text, isBase64 } = textOf(body, told['encoding']);
  const length = body === null ? null : body.pieces.reduce((sum, { length: bytes }) => sum + bytes, body.bytesLeftOut);
  return {
    ...without(told, text === null || isBase64 ? [] : ['encoding']),
    size: typeof told['size'] === 'number' ? told['size'] : (length ?? 0),
    mimeType: textOrNull(told['mimeType']) ?? headerOf(headers, 'content-type') ?? 'x-unknown',
    ...(text === null ? {} : { text }),
    ...(isBase64 ? { encoding: 'base64' } : {}),
  };
};

/** Base64 where it was, and where it must be. */
const textOf = (
  body: ExchangedBody | null,
  encoding: unknown,
): { readonly text: string | null; readonly isBase64: boolean } => {
  if (body === null) return { text: null, isBase64: false };
  const bytes = joined(body.pieces);
  const isBase64 = encoding === 'base64' || !isUtf8(bytes, 0, bytes.length);
  return { text: isBase64 ? encodeBase64(bytes) : decoder.decode(bytes), isBase64 };
};

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
};

/** HAR writes −1 for what does not apply. */
const timingsOf = (answer: Answer | null): JsonMap => ({
  ...mapOf(plainMap(answer?.har)['timings']),
  ...Object.fromEntries(
    ['blocked', 'dns', 'connect', 'ssl', 'send', 'wait', 'receive'].map((name) => [
      name,
      millisecondsOrNull(answer?.timings?.[name]) ?? -1,
    ]),
  ),
});

/** What somebody said of it, or what is not there. */
const commentOf = ({ request, answer, bodies }: HttpExchange, told: string | null): string | null => {
  const missing = [
    ...(request === null ? ['the request is not in this recording'] : []),
    ...(answer === null ? ['no answer is in this recording'] : []),
    ...[bodies.req, bodies.res].flatMap((body, side) => bodyComment(body, side === 0 ? 'request' : 'response')),
  ];
  const all = [...(told === null ? [] : [told]), ...missing];
  return all.length === 0 ? null : all.join('; ');
};

const bodyComment = (body: ExchangedBody | null, of: string): readonly string[] => {
  if (body === null) return [];
  if (body.bytesLeftOut > 0) return [`${body.bytesLeftOut} bytes of the ${of}'s body are left out here`];
  return body.isWhole ? [] : [`the end of the ${of}'s body is not in this recording`];
};

/** The address's query, each name and value decoded; as it stands where it cannot be. */
const queryOf = (url: string): readonly JsonMap[] => {
  const [, query = ''] = /^[^?#]*\?([^#]*)/.exec(url) ?? [];
  return [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }));
};

const headersOf = (headers: HeaderList): readonly JsonMap[] => headers.map(([name, value]) => ({ name, value }));

const headerOf = (headers: HeaderList, wanted: string): string | null =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null;

/** A stored map as JSON has it. */
const plainMap = (value: unknown): JsonMap => mapOf(jsonOf(value));
