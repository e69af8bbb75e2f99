import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { printedSchema, schema } from '../../src/api/graphql/schema.ts';

const root = new URL('../../', import.meta.url);

test('schema.graphql is what the program has: npm run schema writes it', () => {
  expect(readFileSync(new URL('schema.graphql', root), 'utf8')).toBe(printedSchema());
});

const committed = (): string | null => {
  try {
    const command = ['show', 'HEAD:schema.graphql'];
    return execFileSync('git', command, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return null;
  }
};

test('nothing that the last commit promised is broken', () => {
  const before = committed();
  if (before === null) return;
  const breaking = findBreakingChanges(buildSchema(before), schema).map((change) => change.description);
  expect(breaking).toEqual([]);
});

test('everything has a description for users', () => {
  const undescribed: string[] = [];
  const look = (name: string, thing: { readonly description?: string | null | undefined }): void => {
    if ((thing.description ?? '').length < 4) undescribed.push(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || ['Boolean', 'Float', 'ID', 'Int', 'String'].includes(type.name)) continue;
    look(type.name, type);
    if ('getValues' in type) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field);
    }
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      look(`${type.name}.${field.name}`, field);
      for (const argument of field.args) look(`${type.name}.${field.name}(${argument.name})`, argument);
    }
  }
  expect(undescribed).toEqual([]);
});
