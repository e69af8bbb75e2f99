import { EXPORT_ITEMS_DEFAULT, EXPORT_ITEMS_MAX } from '../../model/limits.ts';
import { wholeNumber } from './query.ts';

/** How many the caller takes at once. @throws InvalidInput */
export const exportLimitOf = (query: URLSearchParams): number =>
  wholeNumber(query, 'limit', { from: 1, to: EXPORT_ITEMS_MAX, absent: EXPORT_ITEMS_DEFAULT });

/** @param nextCursor goes on from the answer's end, once the whole answer has come */
export const exportHeaders = (nextCursor: string): Readonly<Record<string, string>> => ({
  'content-type': 'application/x-ndjson; charset=utf-8',
  'next-cursor': nextCursor,
});

/** The parameters that narrow an export down, as the audit log has them. */
export const narrowingOf = (query: URLSearchParams): string => {
  const kept = new URLSearchParams(query);
  for (const name of ['after', 'limit', 'format']) kept.delete(name);
  kept.sort();
  return kept.toString();
};

export const exportLine = (object: object): string => `${JSON.stringify(object)}\n`;
