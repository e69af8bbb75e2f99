import { EXCHANGES_WAITING_BYTES_MAX, EXCHANGES_WAITING_MAX, HAR_BODY_BYTES_MAX } from '../../model/limits.ts';
import type { Run } from '../../model/run.ts';
import { ExchangeWindow } from '../exchange-window.ts';
import { type HoldingLineWriter, linePieces } from '../line-pieces.ts';
import { eventsOf } from '../run-events.ts';
import { entryOfExchange, type HttpExchange } from './entry-of-exchange.ts';
import type { HarFields } from './har-fields.ts';
import { type JsonMap, listOf, mapOrNull, textOrNull } from './har-values.ts';

/**
 * A recording of kind HTTP as HAR 1.2, an entry a line, in pieces of about 64 KiB. Entries come in the order of their requests
 * as far as they fit into a window (EXCHANGES_WAITING_MAX, EXCHANGES_WAITING_BYTES_MAX); memory is bounded by it.
 */
export const writeHar = (
  fields: HarFields,
  runs: AsyncIterable<Run> | Iterable<Run>,
): AsyncGenerator<string, void, void> => linePieces(runs, new HarWriter(fields));

class HarWriter implements HoldingLineWriter {
  readonly #fields: HarFields;
  readonly #pages: readonly JsonMap[];
  readonly #pageIds: ReadonlySet<string>;
  readonly #window = new ExchangeWindow(
    { request: 'req', answer: 'res', idName: 'requestId' },
    {
      exchangesMax: EXCHANGES_WAITING_MAX,
      bytesMax: EXCHANGES_WAITING_BYTES_MAX,
      bodyBytesMax: HAR_BODY_BYTES_MAX,
    },
  );
  #isFirst = true;

  constructor(fields: HarFields) {
    this.#fields = fields;
    this.#pages = listOf(fields.pages).map(mapOrNull).filter(isPage);
    this.#pageIds = new Set(this.#pages.map((page) => String(page['id'])));
  }

  head(): string {
    const { version, browser, comment } = this.#fields;
    const head = {
      version: '1.2',
      creator: { name: 'Reeltime', version },
      ...browserOf(browser),
      comment,
      pages: this.#pages,
    };
    return `{"log":${JSON.stringify(head).slice(0, -1)},"entries":[`;
  }

  *lines(run: Run): Generator<string, void, void> {
    for (const event of eventsOf(run.msgpack)) {
      for (const exchange of this.#window.push(event)) yield this.#line(exchange);
    }
  }

  *tail(): Generator<string, void, void> {
    for (const exchange of this.#window.end()) yield this.#line(exchange);
    yield '\n]}}\n';
  }

  #line(exchange: HttpExchange): string {
    const comma = this.#isFirst ? '' : ',';
    this.#isFirst = false;
    return `${comma}\n${JSON.stringify(entryOfExchange(exchange, this.#fields.startedAtMs, this.#pageIds))}`;
  }
}

const browserOf = (browser: unknown): JsonMap => {
  const { name, version } = mapOrNull(browser) ?? {};
  if (textOrNull(name) === null) return {};
  return { browser: { ...mapOrNull(browser), version: textOrNull(version) ?? '' } };
};

const isPage = (page: JsonMap | null): page is JsonMap =>
  page !== null &&
  typeof page['id'] === 'string' &&
  typeof page['startedDateTime'] === 'string' &&
  typeof page['title'] === 'string' &&
  mapOrNull(page['pageTimings']) !== null;
