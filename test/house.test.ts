import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkSources, checkTestFolders, checkTopLevel, houseRules } from './house/house-rules.ts';
import type { HouseRule, Violation } from './house/house-rules.ts';
import { roomOf, rooms } from './house/rooms.ts';
import { readSourceFacts } from './house/source-facts.ts';

const projectRoot = fileURLToPath(new URL('..', import.meta.url));
const sourceFiles = readdirSync(`${projectRoot}src`, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice(projectRoot.length));

/** These two are asked of each room by itself. */
const roomRules = new Set<HouseRule>([
  'a room imports only the rooms of its line',
  'a room uses only the packages and modules of its line',
]);

const spoken = (violations: readonly Violation[]): readonly string[] =>
  violations.map(({ rule, path, line, message }) => `${path}:${line} ${rule}: ${message}`);

describe('the house', () => {
  const facts = sourceFiles.map((path) => readSourceFacts(path, readFileSync(projectRoot + path, 'utf8')));
  const violations = checkSources(facts);

  test.for(Object.keys(rooms))('%s imports only its rooms and uses only its packages', (room) => {
    const found = violations.filter(({ rule, path }) => roomRules.has(rule) && roomOf(path) === room);
    expect(spoken(found)).toEqual([]);
  });

  test.for(houseRules.filter((rule) => !roomRules.has(rule)))('%s', (rule) => {
    expect(spoken(violations.filter((violation) => violation.rule === rule))).toEqual([]);
  });

  test('nothing else stands at the top of the repository', () => {
    expect(spoken(checkTopLevel(readdirSync(projectRoot)))).toEqual([]);
  });

  test('the folders of test/ are those of src/', () => {
    const entries = readdirSync(`${projectRoot}test`, { withFileTypes: true });
    expect(spoken(checkTestFolders(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)))).toEqual(
      [],
    );
  });
});

const lines = (count: number): string => '\n'.repeat(count);

/** A file that breaks a rule, and no other. */
const planted: readonly (readonly [HouseRule, path: string, text: string])[] = [
  ['a file lies in a room', 'src/attic/box.ts', ''],
  ['a file lies in a room', 'src/main.ts', ''],
  ['a room imports only the rooms of its line', 'src/model/session.ts', `import { tail } from '../live/tail.ts';`],
  [
    'a room imports only the rooms of its line',
    'src/live/bus.ts',
    `import type { Intake } from '../ingest/intake.ts';`,
  ],
  ['a room imports only the rooms of its line', 'src/ingest/intake.ts', `type Bus = import('../live/bus.ts').Bus;`],
  [
    'a room imports only the rooms of its line',
    'src/format/run.ts',
    `const store = await import('../store/store.ts');`,
  ],
  ['a room imports only the rooms of its line', 'src/cli/main.ts', `import { page } from '../portal/page.ts';`],
  ['a room imports only the rooms of its line', 'src/cli/main.ts', `import { build } from './build/binary.ts';`],
  ['a room imports only the rooms of its line', 'src/api/server.ts', `import { test } from '../../test/require.ts';`],
  ['a room uses only the packages and modules of its line', 'src/model/ids.ts', `import { v7 } from 'uuid';`],
  ['a room uses only the packages and modules of its line', 'src/model/ids.ts', `import 'node:fs';`],
  ['a room uses only the packages and modules of its line', 'src/format/run.ts', `import { zstd } from 'node:zlib';`],
  ['a room uses only the packages and modules of its line', 'src/api/list.ts', `import type { Kysely } from 'kysely';`],
  ['a room uses only the packages and modules of its line', 'src/cli/list.ts', `import Sql from 'better-sqlite3';`],
  [
    'a room uses only the packages and modules of its line',
    'src/api/file.ts',
    `import { open } from 'node:fs/promises';`,
  ],
  ['a room uses only the packages and modules of its line', 'src/portal/page.ts', `import { join } from 'node:path';`],
  ['a gateway does not import another', 'src/gateways/ssh/proxy.ts', `import { read } from '../http/proxy.ts';`],
  [
    'only compose.ts wires rooms together',
    'src/cli/serve.ts',
    `import { openCatalog } from '../store/catalog.ts';\nimport { Bus } from '../live/bus.ts';\nnew Bus(openCatalog());`,
  ],
  ['an import names a file with its ending, or a package, or node:', 'src/model/a.ts', `import { b } from './b';`],
  ['an import names a file with its ending, or a package, or node:', 'src/model/a.ts', `import { b } from './b.js';`],
  ['things are imported from the file that defines them', 'src/model/a.ts', `export { b } from './b.ts';`],
  ['things are imported from the file that defines them', 'src/model/a.ts', `export type * from './b.ts';`],
  ['things are imported from the file that defines them', 'src/model/index.ts', ''],
  ['nothing is exported as default', 'src/model/a.ts', 'export default 1;'],
  ['nothing is exported as default', 'src/model/a.ts', 'const a = 1;\nexport { a as default };'],
  ['a name says what the thing is', 'src/store/utils.ts', ''],
  ['a name says what the thing is', 'src/store/common/page.ts', ''],
  ['a name says what the thing is', 'src/store/session-manager.ts', ''],
  ['a name says what the thing is', 'src/store/session.ts', 'class SessionManager {}'],
  ['a name says what the thing is', 'src/store/session.ts', 'interface ISession { readonly a: 1 }'],
  ['a file name is kebab-case', 'src/model/sessionFilter.ts', ''],
  ['a file has at most 400 lines', 'src/model/a.ts', lines(401)],
  ['only assets.ts reaches files and workers by path', 'src/store/a.ts', `new URL('./a.sql', import.meta.url);`],
  ['only assets.ts reaches files and workers by path', 'src/store/a.ts', `new Worker('./worker.ts');`],
  ['model and format have no clock, no chance and no I/O', 'src/model/a.ts', 'const now = Date.now();'],
  ['model and format have no clock, no chance and no I/O', 'src/model/a.ts', 'const now = new Date();'],
  ['model and format have no clock, no chance and no I/O', 'src/format/a.ts', 'const chance = Math.random();'],
  ['model and format have no clock, no chance and no I/O', 'src/format/a.ts', 'console.log(1);'],
  ['only cli knows its process', 'src/api/a.ts', `const token = process.env['TOKEN'];`],
  ['nothing ends the process', 'src/cli/main.ts', 'process.exit(1);'],
];

describe('a planted violation is seen', () => {
  test.for(planted)('%s: %s', ([rule, path, text]) => {
    // Two short files beside it, so that a long one does not move the median.
    const beside = ['src/model/page.ts', 'src/model/run.ts'].map((name) => readSourceFacts(name, ''));
    const found = checkSources([readSourceFacts(path, text), ...beside]);
    expect(new Set(found.map((violation) => `${violation.path} ${violation.rule}`))).toEqual(
      new Set([`${path} ${rule}`]),
    );
  });

  test('half of the files have at most 120 lines', () => {
    expect(checkSources([readSourceFacts('src/model/a.ts', lines(120))])).toEqual([]);
    expect(checkSources([readSourceFacts('src/model/a.ts', lines(121))])).toMatchObject([
      { rule: 'half of the files have at most 120 lines' },
    ]);
  });

  test('a stranger at the top of the repository, and a missing README', () => {
    const names = ['LICENSE', 'data', 'dist', 'package-lock.json', 'package.json', 'schema.graphql', 'src', 'test'];
    expect(checkTopLevel([...names, 'tsconfig.json', '.gitignore', 'scripts'])).toMatchObject([
      { path: 'scripts', message: 'has no place there' },
      { path: 'README.md', message: 'is missing' },
    ]);
  });

  test('a folder of tests for a room that is not there', () => {
    expect(checkTestFolders(['api', 'bench', 'attic'])).toMatchObject([{ path: 'test/attic' }]);
  });
});

describe('what is allowed is not seen', () => {
  test.for([
    ['src/model/a.ts', `// import x from 'node:fs'\nexport const text = "import 'node:fs'; process.exit(1)";`],
    ['src/model/a.ts', 'export const toDate = (ms: number) => new Date(ms);'],
    ['src/format/a.ts', `import { encode } from '@msgpack/msgpack';\nimport type { Run } from '../model/run.ts';`],
    ['src/store/a.ts', 'export const name = (row: { process: string }) => row.process;'],
    ['src/cli/compose.ts', `import { A } from '../live/a.ts';\nimport { B } from '../ingest/b.ts';\nnew A(new B());`],
    [
      'src/cli/serve.ts',
      `import { Full } from '../store/a.ts';\nimport { startServer } from '../api/b.ts';\nstartServer(Full);`,
    ],
    ['src/cli/assets.ts', `new Worker(new URL('x', import.meta.url));`],
    ['src/gateways/ssh/a.ts', `import { b } from './b.ts';\nimport { Client } from 'ssh2';`],
  ] as const)('%s %s', ([path, text]) => {
    expect(spoken(checkSources([readSourceFacts(path, text)]))).toEqual([]);
  });
});
