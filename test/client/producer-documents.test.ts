import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/api/graphql/schema.ts';
import { killRequestsDocument, producerDocuments, viewerDocument } from '../../src/client/producer-documents.ts';
import { readingDocuments } from '../../src/client/reading-documents.ts';
import { accessDocuments } from '../../src/client/remote-access.ts';

test.each(
  Object.entries({
    ...producerDocuments,
    ...accessDocuments,
    ...readingDocuments,
    killRequestsDocument,
    viewerDocument,
  }),
)('the schema takes %s', (_name, document) => {
  expect(validate(schema, parse(document))).toEqual([]);
});
