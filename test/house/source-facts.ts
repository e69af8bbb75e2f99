import { parseAst } from 'vitest/node';

/** One place where a file names another file or a package. */
export type ImportFact = {
  readonly specifier: string;
  readonly line: number;
  /** Only types come through it; nothing is left of it when the program runs. */
  readonly isTypeOnly: boolean;
  /** What it is called in this file; empty for everything but an import declaration. */
  readonly names: readonly string[];
};

export type NameFact = { readonly name: string; readonly line: number };

/** What the rules look at in one file. */
export type SourceFacts = {
  readonly path: string;
  readonly lineCount: number;
  /** import and export … from, import(), import types, require(). */
  readonly imports: readonly ImportFact[];
  readonly reexports: readonly NameFact[];
  readonly defaultExports: readonly NameFact[];
  /** Classes, interfaces, types, functions, and constants at the top of the file. */
  readonly declarations: readonly NameFact[];
  /** Identifiers and dotted names that are read: `process`, `process.exit`, `Date.now`, `import.meta`, `new Worker`, `new Date()`. */
  readonly reads: readonly NameFact[];
};

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;
type Found = {
  [Key in 'imports' | 'reexports' | 'defaultExports' | 'declarations' | 'reads']: SourceFacts[Key][number][];
};

/** @throws SyntaxError when the text is no TypeScript */
export function readSourceFacts(path: string, text: string): SourceFacts {
  const program = parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' }) as unknown as Node;
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  const found: Found = { imports: [], reexports: [], defaultExports: [], declarations: [], reads: [] };
  visit(program, (node) => {
    noteImports(node, lineAt(node.start), found);
    noteExports(node, lineAt(node.start), found);
    noteReads(node, lineAt(node.start), found);
  });
  return { path, lineCount: text.replace(/\n$/, '').split('\n').length, ...found };
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const [key, value] of Object.entries(node)) {
    // A property's name is no variable: process in `this.process` or in `{ process: 1 }`.
    if ((key === 'property' || key === 'key') && node['computed'] === false) continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, see);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

function noteImports(node: Node, line: number, found: Found): void {
  const add = (source: unknown, isTypeOnly: boolean, names: readonly string[] = []): void => {
    found.imports.push({ specifier: literalText(source) ?? '(computed)', line, isTypeOnly, names });
  };
  if (node.type === 'ImportDeclaration') add(node['source'], isTypeImport(node), localNames(node));
  if (node.type === 'ImportExpression') add(node['source'], false);
  if (node.type === 'TSImportType') add(node['source'], true);
  if (node.type === 'TSExternalModuleReference') add(node['expression'], false);
  if (node.type === 'CallExpression' && nameOf(node['callee']) === 'require')
    add((node['arguments'] as Node[])[0], false);
}

function isTypeImport(node: Node): boolean {
  if (node['importKind'] === 'type') return true;
  const specifiers = node['specifiers'] as readonly Node[];
  return specifiers.length > 0 && specifiers.every((specifier) => specifier['importKind'] === 'type');
}

const localNames = (node: Node): readonly string[] =>
  (node['specifiers'] as readonly Node[]).flatMap((specifier) => nameOf(specifier['local']) ?? []);

function noteExports(node: Node, line: number, found: Found): void {
  const source = literalText(node['source']);
  if ((node.type === 'ExportAllDeclaration' || node.type === 'ExportNamedDeclaration') && source !== null) {
    found.reexports.push({ name: source, line });
    found.imports.push({ specifier: source, line, isTypeOnly: node['exportKind'] === 'type', names: [] });
  }
  if (node.type === 'ExportDefaultDeclaration' || isDefaultSpecifier(node)) {
    found.defaultExports.push({ name: 'default', line });
  }
  const name = isDeclaration(node) ? nameOf(node['id']) : null;
  if (name !== null) found.declarations.push({ name, line });
}

const isDefaultSpecifier = (node: Node): boolean =>
  node.type === 'ExportSpecifier' && nameOf(node['exported']) === 'default';

const declarationTypes = new Set(
  'ClassDeclaration FunctionDeclaration VariableDeclarator TSInterfaceDeclaration TSTypeAliasDeclaration'.split(' '),
);
const isDeclaration = (node: Node): boolean => declarationTypes.has(node.type);

function noteReads(node: Node, line: number, found: Found): void {
  const read = nameOf(node) ?? newName(node);
  if (read !== null) found.reads.push({ name: read, line });
}

/** `new Worker` for any Worker; `new Date()` only without arguments, where it reads the clock. */
function newName(node: Node): string | null {
  if (node.type !== 'NewExpression') return null;
  const name = nameOf(node['callee']);
  if (name !== 'Date') return name === null ? null : `new ${name}`;
  return (node['arguments'] as readonly unknown[]).length === 0 ? 'new Date()' : null;
}

function nameOf(value: unknown): string | null {
  if (!isNode(value)) return null;
  if (value.type === 'Identifier') return value['name'] as string;
  if (value.type === 'MetaProperty') return `${nameOf(value['meta'])}.${nameOf(value['property'])}`;
  if (value.type !== 'MemberExpression') return null;
  const [object, property] = [nameOf(value['object']), memberName(value)];
  return object === null || property === null ? null : `${object}.${property}`;
}

const memberName = (node: Node): string | null =>
  node['computed'] === true ? literalText(node['property']) : nameOf(node['property']);

const literalText = (value: unknown): string | null =>
  isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string' ? value['value'] : null;
