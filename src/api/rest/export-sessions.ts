import { setImmediate } from 'node:timers/promises';
import type { ExportLanguage } from '../../format/exported.ts';
import { visibilityOf } from '../../model/access.ts';
import { readRevision } from '../../model/read-revision.ts';
import { type Revision, writeRevision } from '../../model/revision.ts';
import type { CatalogReader } from '../../store/catalog/catalog.ts';
import type { ChangedPage, ChangeSpan } from '../../store/catalog/export-reader.ts';
import type { Exchange } from '../exchange.ts';
import { sendPieces } from '../stream.ts';
import { exportHeaders, exportLimitOf, exportLine, narrowingOf } from './export-answer.ts';
import { exportFormatOf, exportLanguage } from './export-language.ts';
import { sessionFilterOf } from './session-filter.ts';

/** Sessions that are read and written at once: between two pages nothing is held. */
const PAGE = 100;

const placeOf = async (catalog: CatalogReader, cursor: string | null): Promise<Revision> =>
  cursor === null || cursor === ''
    ? { log: (await catalog.revision()).log, position: 0 }
    : readRevision(cursor, 'after');

/**
 * `limit` sessions that changed after the cursor, each once and as it is now; of those the ones that match the filter. Where
 * they end is fixed before the first is sent: one that changes meanwhile is in a later answer, so that the cursor can be told
 * ahead. A session that has ceased to match is left out, without a line that says so.
 */
export const answerSessionExport = async (exchange: Exchange): Promise<void> => {
  const { parts, query, viewer, caller, request, response, gone } = exchange;
  const filter = sessionFilterOf(query);
  const limit = exportLimitOf(query);
  const format = exportFormatOf(query);
  const visibility = visibilityOf(viewer);
  const after = await placeOf(parts.catalog, query.get('after'));
  const until = await parts.catalog.exports.changesEnd(visibility, after, limit);
  const headers = exportHeaders(writeRevision(until));
  if (request.method === 'HEAD') {
    response.writeHead(200, headers).end();
    return;
  }
  await parts.exports.asked(caller, { what: 'sessions', format, filter: narrowingOf(query) });
  const read = (span: ChangeSpan): Promise<ChangedPage> =>
    parts.catalog.exports.changedWithin(visibility, filter, span, PAGE);
  response.writeHead(200, headers);
  await sendPieces(
    response,
    linesOf(read, { since: after, after, until }, exportLanguage(format, parts.version)),
    gone,
  );
};

async function* linesOf(
  read: (span: ChangeSpan) => Promise<ChangedPage>,
  whole: ChangeSpan,
  language: ExportLanguage,
): AsyncGenerator<string, void, void> {
  for (let after: Revision | null = whole.after; after !== null;) {
    const page: ChangedPage = await read({ ...whole, after });
    if (page.sessions.length > 0) yield page.sessions.map((each) => exportLine(language.session(each))).join('');
    after = page.next;
    // The catalog is read on this thread: others have their turn between two pages, also when none of one matched.
    await setImmediate();
  }
}
