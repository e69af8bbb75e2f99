import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import {
  FILE_LINES_MAX,
  FILE_LINES_MEDIAN_MAX,
  roomOf,
  rooms,
  testFolders,
  topLevelNames,
  topLevelOutputs,
} from './rooms.ts';
import type { ImportFact, NameFact, SourceFacts } from './source-facts.ts';

export type Violation = {
  readonly rule: HouseRule;
  readonly path: string;
  readonly line: number;
  readonly message: string;
};

/** Rules about the files of src. */
export const houseRules = [
  'a file lies in a room',
  'a room imports only the rooms of its line',
  'a room uses only the packages and modules of its line',
  'a gateway does not import another',
  'only compose.ts wires rooms together',
  'an import names a file with its ending, or a package, or node:',
  'things are imported from the file that defines them',
  'nothing is exported as default',
  'a name says what the thing is',
  'a file name is kebab-case',
  'a file has at most 400 lines',
  'half of the files have at most 120 lines',
  'only assets.ts reaches files and workers by path',
  'model and format have no clock, no chance and no I/O',
  'only cli knows its process',
  'nothing ends the process',
] as const;
export type HouseRule = (typeof houseRules)[number] | 'the top level is fixed' | 'tests mirror the rooms';

type Rule = (file: SourceFacts) => readonly Omit<Violation, 'path'>[];

/** What is against the house in these files of src. */
export function checkSources(files: readonly SourceFacts[]): readonly Violation[] {
  const found = files.flatMap((file) =>
    fileRules.flatMap((rule) => rule(file).map((v) => ({ path: file.path, ...v }))),
  );
  return [...found, ...checkMedian(files)];
}

/** What is against the house at the top of the repository. */
export function checkTopLevel(names: readonly string[]): readonly Violation[] {
  const rule = 'the top level is fixed';
  const extra = names.filter((name) => ![...topLevelNames, ...topLevelOutputs].includes(name) && !name.startsWith('.'));
  const missing = topLevelNames.filter((name) => !names.includes(name));
  return [
    ...extra.map((path) => ({ rule, path, line: 0, message: 'has no place there' }) as const),
    ...missing.map((path) => ({ rule, path, line: 0, message: 'is missing' }) as const),
  ];
}

/** What is against the house in the folders of test/. */
export const checkTestFolders = (names: readonly string[]): readonly Violation[] =>
  names
    .filter((name) => !(name in rooms) && !testFolders.includes(name))
    .map((name) => ({
      rule: 'tests mirror the rooms',
      path: `test/${name}`,
      line: 0,
      message: `there is no src/${name}`,
    }));

const inRoom: Rule = ({ path }) => {
  const room = roomOf(path);
  if (room !== null && room in rooms) return [];
  return [{ rule: 'a file lies in a room', line: 0, message: `the rooms are ${Object.keys(rooms).join(', ')}` }];
};

const roomImports: Rule = ({ path, imports }) => {
  const room = roomOf(path) ?? '';
  const allowed = new Set([room, ...(rooms[room]?.imports ?? [])]);
  return targets(path, imports).flatMap(({ target, line }) => {
    const other = roomOf(target) ?? '(no room)';
    if (allowed.has(other)) return [];
    const rule = 'a room imports only the rooms of its line';
    return [{ rule, line, message: `${room} may not import ${other}: ${target}` }];
  });
};

const roomUses: Rule = ({ path, imports }) => {
  const room = roomOf(path) ?? '';
  const allowed = rooms[room]?.uses ?? [];
  return imports
    .filter(({ specifier }) => !isRelative(specifier) && !allowed.some((pattern) => matches(pattern, specifier)))
    .map(({ specifier, line }) => {
      const rule = 'a room uses only the packages and modules of its line';
      return { rule, line, message: `${room} may not use ${specifier}` };
    });
};

const gateways: Rule = ({ path, imports }) => {
  const gateway = gatewayOf(path);
  if (gateway === null) return [];
  return targets(path, imports)
    .filter(({ target }) => gatewayOf(target) !== null && gatewayOf(target) !== gateway)
    .map(({ target, line }) => ({ rule: 'a gateway does not import another', line, message: target }));
};

/** Wiring is to make or open things of several rooms; to know their errors or functions is not. */
const wiring: Rule = ({ path, imports, reads }) => {
  if (roomOf(path) !== 'cli' || path === 'src/cli/compose.ts') return [];
  const made = new Set(reads.map(({ name }) => name));
  const makers = imports.filter(({ names }) =>
    names.some((name) => made.has(`new ${name}`) || (/^(?:open|start|make)[A-Z]/.test(name) && made.has(name))),
  );
  const wired = new Set(targets(path, makers).map(({ target }) => roomOf(target)));
  const parts = [...wired].filter((room) => !isPlain(room));
  if (parts.length < 2) return [];
  return [broken('only compose.ts wires rooms together', 0, `it makes things of ${parts.join(' and ')}`)];
};

const specifiers: Rule = ({ imports }) =>
  imports
    .filter(({ specifier }) => !isWellNamed(specifier))
    .map(({ specifier, line }) => {
      const rule = 'an import names a file with its ending, or a package, or node:';
      return { rule, line, message: specifier };
    });

const barrels: Rule = ({ path, reexports }) => [
  ...reexports.map(({ name, line }) => broken('things are imported from the file that defines them', line, name)),
  ...(stem(path) === 'index' ? [broken('things are imported from the file that defines them', 0, 'is a barrel')] : []),
];

const defaults: Rule = ({ defaultExports }) =>
  defaultExports.map(({ line }) => broken('nothing is exported as default', line, 'export it by name'));

const names: Rule = ({ path, declarations }) => {
  const words = path.replace(/\.\w+$/, '').split(/[/-]/);
  const vague = words.filter((word) => vagueWords.has(word.toLowerCase()));
  const titles = declarations.filter(({ name }) => /(?:Manager|Service)$|^I[A-Z][a-z]/.test(name));
  return [
    ...vague.map((word) => broken('a name says what the thing is', 0, `${word} says nothing`)),
    ...titles.map(({ name, line }) => broken('a name says what the thing is', line, name)),
  ];
};
const vagueWords = new Set('util utils helper helpers common lib misc manager service'.split(' '));

const kebabCase: Rule = ({ path }) => {
  const wrong = path.split('/').filter((part) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.tsx?)?$/.test(part));
  return wrong.map((part) => broken('a file name is kebab-case', 0, part));
};

const length: Rule = ({ lineCount }) =>
  lineCount <= FILE_LINES_MAX ? [] : [broken('a file has at most 400 lines', 0, `it has ${lineCount}`)];

const paths: Rule = ({ path, reads }) => {
  const isOpen = path === 'src/cli/assets.ts' || ['cli/build', 'portal'].includes(roomOf(path) ?? '');
  if (isOpen) return [];
  const ways = ['import.meta', 'new Worker', '__dirname', '__filename', 'createRequire', 'require'];
  return unlike(reads, ways, 'only assets.ts reaches files and workers by path');
};

const purity: Rule = ({ path, reads }) =>
  ['model', 'format'].includes(roomOf(path) ?? '')
    ? unlike(reads, impure, 'model and format have no clock, no chance and no I/O')
    : [];
const impure = [
  'Date.now|new Date()|performance.now|Math.random|crypto|fetch|console|Buffer|process'.split('|'),
  'setTimeout|setInterval|setImmediate|queueMicrotask'.split('|'),
].flat();

const processes: Rule = ({ path, reads }) =>
  ['cli', 'cli/build'].includes(roomOf(path) ?? '') ? [] : unlike(reads, ['process'], 'only cli knows its process');

const exits: Rule = ({ reads }) =>
  unlike(reads, ['process.exit', 'process.abort', 'process.reallyExit'], 'nothing ends the process');

const fileRules: readonly Rule[] = [
  inRoom,
  roomImports,
  roomUses,
  gateways,
  wiring,
  specifiers,
  barrels,
  defaults,
  names,
  kebabCase,
  length,
  paths,
  purity,
  processes,
  exits,
];

function checkMedian(files: readonly SourceFacts[]): readonly Violation[] {
  const counts = files.map(({ lineCount }) => lineCount).toSorted((a, b) => a - b);
  const median = counts[Math.floor(counts.length / 2)] ?? 0;
  if (median <= FILE_LINES_MEDIAN_MAX) return [];
  return [{ path: 'src', ...broken('half of the files have at most 120 lines', 0, `the median is ${median}`) }];
}

const broken = (rule: HouseRule, line: number, message: string): Omit<Violation, 'path'> => ({ rule, line, message });

const unlike = (
  reads: readonly NameFact[],
  forbidden: readonly string[],
  rule: HouseRule,
): readonly Omit<Violation, 'path'>[] =>
  reads.filter(({ name }) => forbidden.includes(name)).map(({ name, line }) => broken(rule, line, name));

const isRelative = (specifier: string): boolean => /^\.{0,2}\//.test(specifier);
const isWellNamed = (specifier: string): boolean =>
  isRelative(specifier)
    ? /^\.{1,2}\/.*\.tsx?$/.test(specifier)
    : specifier.startsWith('node:') || !isBuiltin(specifier);

const matches = (pattern: string, specifier: string): boolean => {
  if (pattern === '*') return !specifier.startsWith('node:');
  return pattern.endsWith('*') ? specifier.startsWith(pattern.slice(0, -1)) : pattern === specifier;
};

const targets = (
  path: string,
  imports: readonly ImportFact[],
): readonly { readonly target: string; readonly line: number }[] =>
  imports
    .filter(({ specifier }) => isRelative(specifier))
    .map(({ specifier, line }) => ({ target: posix.join(posix.dirname(path), specifier), line }));

const gatewayOf = (path: string): string | null => {
  const [top, room, folder, file] = path.split('/');
  return top === 'src' && room === 'gateways' && file !== undefined ? (folder ?? null) : null;
};

const isPlain = (room: string | null): boolean => [null, 'cli', 'model', 'format'].includes(room);
const stem = (path: string): string => posix.basename(path).replace(/\.\w+$/, '');
