import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { z } from 'zod';
import type { GraphqlSettings } from '../api/settings.ts';
import { killRequestsDocument, producerDocuments, viewerDocument } from '../client/producer-documents.ts';
import { accessDocuments } from '../client/remote-access.ts';
import { UsageError } from './exit-code.ts';

export type TrustedDocumentsOptions = { readonly trustedDocuments?: string };

/** What this program asks as a producer, and as a verb beside a running server. */
const ownDocuments: readonly string[] = [
  ...Object.values(producerDocuments),
  ...Object.values(accessDocuments),
  killRequestsDocument,
  viewerDocument,
];

/** Documents alone, or each under the SHA-256 of its text. */
const contents = z.union([z.array(z.string().min(1)), z.record(z.string(), z.string().min(1))]);

export const trustedDocumentsOption = (): Option =>
  new Option(
    '--trusted-documents <file>',
    'execute these GraphQL documents and no others but those of this program itself: a JSON array of them, or an object that has each under its SHA-256',
  ).env('REELTIME_TRUSTED_DOCUMENTS');

const readContents = (file: string): z.output<typeof contents> => {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the trusted documents cannot be read from ${file}: ${reason}`);
  }
  const result = contents.safeParse(json);
  if (result.success) return result.data;
  throw new UsageError(`${file} must hold a JSON array of documents, or an object of documents by their SHA-256`);
};

/** @throws UsageError naming the file when it cannot be read, or a document does not have the SHA-256 that it stands under */
export const readTrustedDocuments = ({ trustedDocuments: file }: TrustedDocumentsOptions): GraphqlSettings => {
  if (file === undefined) return { trustedDocuments: null };
  const given = readContents(file);
  const trustedDocuments = new Map(
    [...ownDocuments, ...Object.values(given)].map((text) => [
      createHash('sha256').update(text, 'utf8').digest('hex'),
      text,
    ]),
  );
  if (!Array.isArray(given)) {
    for (const [name, text] of Object.entries(given)) {
      if (trustedDocuments.get(name.toLowerCase()) === text) continue;
      throw new UsageError(`${file}: the document under ${name.slice(0, 64)} has another SHA-256`);
    }
  }
  return { trustedDocuments };
};
