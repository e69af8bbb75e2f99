import { type JsonMap, listOf, mapOf, mapOrNull, textOrNull } from './har-values.ts';
import { readMoment } from './har-entry.ts';

/** A page of a HAR. */
export type HarPage = { readonly startedAtMs: number | null; readonly title: string; readonly page: JsonMap };

/** What a HAR says of itself, beside its entries. */
export type HarLog = {
  readonly version: string | null;
  readonly comment: string | null;
  /** Each with name and version, where they are told; null where the HAR names none. */
  readonly creator: JsonMap | null;
  readonly browser: JsonMap | null;
  readonly pages: readonly HarPage[];
};

/** Pages that are kept. */
const PAGES_MAX = 10_000;
const TITLE_LENGTH_MAX = 4096;

/** Reads the document without its entries. Null: it is no HAR, as it has no log. */
export const readHarLog = (document: unknown): HarLog | null => {
  const log = mapOrNull(mapOf(document)['log']);
  if (log === null || !Array.isArray(log['entries'])) return null;
  return {
    version: textOrNull(log['version']),
    comment: textOrNull(log['comment']),
    creator: mapOrNull(log['creator']),
    browser: mapOrNull(log['browser']),
    pages: listOf(log['pages'])
      .slice(0, PAGES_MAX)
      .map(mapOrNull)
      .filter((page) => page !== null)
      .map((page) => ({
        startedAtMs: readMoment(page['startedDateTime']),
        title: (textOrNull(page['title']) ?? textOrNull(page['id']) ?? '').slice(0, TITLE_LENGTH_MAX).toWellFormed(),
        page,
      })),
  };
};

/** `name version` of a creator or a browser; null where it has no name. */
export const softwareOf = (named: JsonMap | null): string | null => {
  const name = textOrNull(named?.['name'])?.trim() ?? '';
  if (name === '') return null;
  const version = textOrNull(named?.['version'])?.trim() ?? '';
  return version === '' ? name : `${name}/${version}`;
};
