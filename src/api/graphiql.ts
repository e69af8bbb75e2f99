import type { IncomingMessage, ServerResponse } from 'node:http';
import { StaticPage } from './static-page.ts';

const firstQuery = `# Reeltime: put your token into the Headers tab below, then press the button above.
{
  viewer { name role }
  sessions(first: 10) {
    totalCount
    nodes { sessionId protocol status startedAt duration user { identity } socket { name } recordingState }
  }
}
`;

/** The page has its scripts and styles in it, starts workers from them, and asks nobody but this server. */
const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  'worker-src blob:',
  'img-src data:',
  'font-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const makePage = async (): Promise<Buffer<ArrayBuffer>> => {
  // NOTE: 9 MB of text, which a server that nobody opens in a browser need not have in memory.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'Reeltime GraphiQL',
    defaultQuery: firstQuery,
    defaultHeaders: '{\n  "x-access-token": ""\n}',
    subscriptionsProtocol: 'SSE',
  });
  return Buffer.from(html, 'utf8');
};

const page = new StaticPage(makePage, {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': policy,
  'x-frame-options': 'DENY',
});

/** Whether a browser asks for the page, and not for the answer to a query. */
export const wantsGraphiql = (request: IncomingMessage, query: URLSearchParams): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') &&
  !query.has('query') &&
  (request.headers.accept ?? '').includes('text/html');

/** GraphiQL: a shell without data, which needs no token. */
export const sendGraphiql = (response: ServerResponse): Promise<void> => page.send(response);
