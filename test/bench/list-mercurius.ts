import { createRequire } from 'node:module';
import { openListPage } from './list-page.ts';

/*
 * The same page of sessions by Mercurius with its compiled execution, as its documentation has it, without any limit, metric
 * or log. Started with a copy of the catalog, once its packages are installed: see peers.ts.
 */

type Request = { readonly headers: Readonly<Record<string, string | string[] | undefined>> };
type Fastify = {
  readonly register: (plugin: unknown, options: object) => unknown;
  readonly addHook: (name: 'onRequest', hook: (request: Request) => Promise<void>) => void;
  readonly listen: (options: { readonly port: number; readonly host: string }) => Promise<string>;
  readonly close: () => Promise<void>;
};

const load = createRequire(new URL('peers/package.json', import.meta.url));
// NOTE its packages have a graphql of their own, which is why they are none of this package's, and have no types here.
const createFastify = load('fastify') as () => Fastify;
const mercurius: unknown = load('mercurius');

const schema = `
  scalar DateTime
  enum SessionProtocol { SSH KUBERNETES DATABASE HTTP TCP }
  enum SessionStatus { ACTIVE KILLING ENDED KILLED LOST DENIED }
  enum RecordingState { NONE LIVE COMPLETE PARTIAL CORRUPT EXPIRED ERASED }
  type SessionUser { email: String name: String }
  type SessionSocket { name: String! }
  type SessionClient { ip: String! }
  type Session {
    sessionId: ID! protocol: SessionProtocol! upstream: String! status: SessionStatus! user: SessionUser!
    socket: SessionSocket! client: SessionClient! sshUser: String startedAt: DateTime! duration: Float!
    recordingState: RecordingState!
  }
  type SessionConnection { nodes: [Session!]! }
  type Query { sessions(first: Int): SessionConnection! }`;

const [, , catalog = ''] = process.argv;
const page = openListPage(catalog);
const resolvers = { Query: { sessions: async () => ({ nodes: page.nodes() }) } };

const fastify = createFastify();
fastify.addHook('onRequest', async ({ headers }) => {
  if (!page.isKnown(String(headers['x-access-token']))) {
    throw Object.assign(new Error('a valid token is needed'), { statusCode: 401 });
  }
});
fastify.register(mercurius, { schema, resolvers, jit: 1 });
console.log(`listening on ${await fastify.listen({ port: 0, host: '127.0.0.1' })}`);
process.once('SIGTERM', () => void fastify.close());
