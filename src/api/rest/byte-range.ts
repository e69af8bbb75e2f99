import { HttpError } from '../http-error.ts';

/** From start (inclusive) to end (exclusive). */
export type ByteRange = { readonly start: number; readonly end: number };

const rangePattern = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * The one range that a Range header asks for, by RFC 9110 section 14. Null when there is no header, and for what it allows a
 * server to pass over: other units, several ranges, what is malformed.
 * @throws HttpError 416 when the range lies behind the end
 */
export const readByteRange = (header: string | undefined, size: number): ByteRange | null => {
  const match = rangePattern.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= end) {
    throw new HttpError(416, 'RANGE_NOT_SATISFIABLE', `the file has ${size} bytes`, {
      'content-range': `bytes */${size}`,
    });
  }
  return { start, end };
};
