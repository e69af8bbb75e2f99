import { GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { Documents, DOCUMENTS_KEPT_MAX } from '../../../src/api/graphql/documents.ts';
import { schema } from '../../../src/api/graphql/schema.ts';
import { GRAPHQL_TOKENS_MAX } from '../../../src/model/limits.ts';

const refusalOf = (documents: Documents, text: string): GraphQLError => {
  try {
    documents.read(text);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
  }
  throw new Error('the document was read');
};

test('a document is read once, and so is what is wrong with it', () => {
  const documents = new Documents(schema);
  const read = documents.read('{ viewer { name } }');
  expect(read.errors).toEqual([]);
  expect(documents.read('{ viewer { name } }')).toBe(read);
  const wrong = documents.read('{ nothing }');
  expect(wrong.errors).toHaveLength(1);
  expect(documents.read('{ nothing }')).toBe(wrong);
  expect(documents.errorsOf(wrong.document)).toBe(wrong.errors);
  expect(refusalOf(documents, '{')).toBe(refusalOf(documents, '{'));
});

test('a document of too many tokens is refused each time, as the first time', () => {
  const documents = new Documents(schema);
  const text = `{ ${'__typename '.repeat(GRAPHQL_TOKENS_MAX)} }`;
  for (let time = 0; time < 2; time += 1) {
    expect(refusalOf(documents, text).extensions).toMatchObject({ code: 'TOKEN_LIMIT' });
  }
});

test('documents that nobody asks for any more are forgotten, and long ones at once', () => {
  const documents = new Documents(schema);
  const asked = (index: number): string => `{ viewer { name } } #${index}${' '.repeat(15_000)}`;
  const [first, second] = [documents.read(asked(0)), documents.read(asked(1))];
  for (let index = 2; index < 60; index += 1) {
    documents.read(asked(index));
    documents.read(asked(0));
  }
  expect(documents.read(asked(0))).toBe(first);
  expect(documents.read(asked(1))).not.toBe(second);
  const long = `{ viewer { name } } #${' '.repeat(20_000)}`;
  expect(documents.read(long)).not.toBe(documents.read(long));
});

test('of short ones so many are kept', () => {
  const documents = new Documents(schema);
  const [first, second] = [documents.read('{ first }'), documents.read('{ second }')];
  for (let index = 2; index < DOCUMENTS_KEPT_MAX; index += 1) documents.read(`{ a${index} }`);
  expect(documents.read('{ first }')).toBe(first);
  documents.read('{ more }');
  expect(documents.read('{ first }')).toBe(first);
  expect(documents.read('{ second }')).not.toBe(second);
});
