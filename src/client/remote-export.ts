import { Unavailable } from '../model/errors.ts';
import { answerText } from './answer-text.ts';
import { refusalOfAnswer, RETRY_AFTER_SECONDS, type ServerParts } from './server-calls.ts';
import { whyUnreachable } from './unreachable.ts';

/** What of a log is asked for. */
export type ExportWish = {
  readonly what: 'sessions' | 'events';
  readonly format: string;
  /** Where to go on; null: from the beginning. */
  readonly after: string | null;
};

/** Whole lines, and where to go on after them. */
export type ExportPage = { readonly lines: string; readonly next: string };

/** Lines of one answer: what is in memory at once. */
const LINES = 1000;
/** A server that does not answer for this long is not there. */
const ANSWER_MS = 120_000;

/**
 * The next lines, whole: an answer that breaks off is none. With the cursor that was asked with there is nothing new.
 * @throws the server's refusals, and Unavailable
 */
export const exportPage = async (
  { url, token }: ServerParts,
  { what, format, after }: ExportWish,
  signal: AbortSignal,
): Promise<ExportPage> => {
  const query = new URLSearchParams({ format, limit: String(LINES), ...(after === null ? {} : { after }) });
  try {
    const response = await fetch(`${url}/export/${what}.ndjson?${query.toString()}`, {
      headers: { 'x-access-token': token },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const lines = await answerText(response);
    const next = response.headers.get('next-cursor');
    if (!response.ok || next === null) throw refusalOfAnswer(url, response.status, lines);
    return { lines, next };
  } catch (cause) {
    const isTime = cause instanceof DOMException && cause.name === 'TimeoutError';
    if (!(cause instanceof TypeError) && !isTime) throw cause;
    throw new Unavailable(`the server at ${url}: ${whyUnreachable(cause)}`, RETRY_AFTER_SECONDS, { cause });
  }
};
