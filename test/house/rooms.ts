/** What a room may import from other rooms, and use from outside. Its own files are always open to it. */
export type Room = {
  readonly imports: readonly string[];
  /** Packages and node: modules; `node:*` and `@scope/*` stand for all of them, `*` for every package that is not of Node. */
  readonly uses: readonly string[];
};

const node = (...names: readonly string[]): readonly string[] => names.map((name) => `node:${name}`);
const words = (text: string): readonly string[] => text.split(' ');
const allRooms = words('model format render store live ingest upkeep imports client gateways api adapters cli');

/** The rooms in the order in which data flows: a line for each, and each line is a test. */
export const rooms: Readonly<Record<string, Room>> = {
  model: { imports: [], uses: [] },
  format: { imports: ['model'], uses: ['@msgpack/msgpack', 'bowser'] },
  render: { imports: ['model', 'format'], uses: ['@xterm/headless', ...node('worker_threads')] },
  store: {
    imports: ['model', 'format'],
    uses: [
      ...words('better-sqlite3 kysely kysely/migration uuid'),
      ...node('fs', 'fs/promises', 'path', 'worker_threads', 'crypto', 'zlib', 'util', 'stream/promises'),
    ],
  },
  live: { imports: ['model', 'store'], uses: node('timers/promises') },
  ingest: { imports: ['model', 'format', 'store'], uses: [] },
  upkeep: { imports: ['model', 'format', 'render', 'store'], uses: node('timers/promises') },
  imports: { imports: ['model', 'format'], uses: [] },
  client: {
    imports: ['model', 'format'],
    uses: ['ws', 'graphql-ws/client', ...node('fs', 'fs/promises', 'path', 'timers/promises', 'util', 'zlib')],
  },
  gateways: { imports: ['model', 'format', 'client'], uses: ['*', ...node('*')] },
  api: {
    imports: ['model', 'format', 'render', 'store', 'live', 'ingest'],
    uses: [
      ...words(
        'graphql graphql-yoga @graphql-yoga/* @pothos/* graphql-ws graphql-ws/use/ws ws zod rate-limiter-flexible prom-client',
      ),
      ...words('cookie jose openid-client'),
      ...node(
        'http',
        'https',
        'net',
        'tls',
        'async_hooks',
        'events',
        'stream',
        'stream/promises',
        'crypto',
        'zlib',
        'util',
      ),
      ...node('timers/promises'),
    ],
  },
  portal: { imports: ['model', 'format'], uses: ['*'] },
  adapters: { imports: ['model', 'format', 'store', 'live'], uses: ['*', ...node('*')] },
  cli: {
    imports: allRooms,
    uses: [
      'commander',
      'cli-progress',
      'pino',
      'pino-pretty',
      'zod',
      'uuid',
      'mmdb-lib',
      'get-east-asian-width',
      ...node('*'),
    ],
  },
  'cli/build': { imports: allRooms, uses: ['esbuild', 'graphql', ...node('*')] },
};

/** The room of a file of src; null for a file that lies in none. */
export function roomOf(path: string): string | null {
  const [top, first, second, ...rest] = path.split('/');
  if (top !== 'src' || first === undefined || second === undefined) return null;
  const isBuild = first === 'cli' && second === 'build' && rest.length > 0;
  return isBuild ? 'cli/build' : first;
}

/** The top level of the repository: these, and dotfiles. */
export const topLevelNames = words(
  'LICENSE README.md data package-lock.json package.json schema.graphql src test tsconfig.json',
);
/** What installing and building put there, and no commit holds. */
export const topLevelOutputs = ['node_modules', 'dist'];
/** Folders of test/ beside those that mirror a room. */
export const testFolders = ['bench', 'fixture', 'house', 'long'];

export const FILE_LINES_MAX = 400;
export const FILE_LINES_MEDIAN_MAX = 120;
