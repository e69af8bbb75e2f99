import { EXCHANGES_WAITING_BYTES_MAX, EXCHANGES_WAITING_MAX } from '../../model/limits.ts';
import type { ShapedCode } from '../../model/event-shapes.ts';
import type { RecordedEvent } from '../../model/recorded-event.ts';
import type { Run } from '../../model/run.ts';
import { payloadOf } from '../events/event-payload.ts';
import { type Exchange, type ExchangeCodes, ExchangeWindow } from '../exchange-window.ts';
import type { HoldingLineWriter } from '../line-pieces.ts';
import { eventsOf } from '../run-events.ts';
import { jsonOf } from '../tuples.ts';

/** How exchanges of these codes are told. */
export type ExchangeForm<Request extends ShapedCode, Answer extends ShapedCode> = {
  readonly codes: ExchangeCodes<Request, Answer>;
  /** The fields of a line, but for its time. */
  readonly fieldsOf: (exchange: Exchange<Request, Answer>) => Readonly<Record<string, unknown>>;
};

/**
 * A JSON object a line for each request with its answer, in the order of the requests as far as they fit into a window
 * (EXCHANGES_WAITING_MAX); a request without an answer comes when the window is full, or at the end. Where something was lost,
 * a line says so: `{time, lost_events, lost_bytes, result}`.
 */
export class ExchangeLines<Request extends ShapedCode, Answer extends ShapedCode> implements HoldingLineWriter {
  readonly #form: ExchangeForm<Request, Answer>;
  readonly #startedAtMs: number;
  readonly #window: ExchangeWindow<Request, Answer>;

  /** @param startedAtMs of the recording, milliseconds since the epoch */
  constructor(form: ExchangeForm<Request, Answer>, startedAtMs: number) {
    this.#form = form;
    this.#startedAtMs = startedAtMs;
    const limits = { exchangesMax: EXCHANGES_WAITING_MAX, bytesMax: EXCHANGES_WAITING_BYTES_MAX, bodyBytesMax: 0 };
    this.#window = new ExchangeWindow(form.codes, limits);
  }

  head(): string {
    return '';
  }

  *lines(run: Run): Generator<string, void, void> {
    for (const event of eventsOf(run.msgpack)) {
      if (event.code === 'gap') yield this.#gapLine(event);
      for (const exchange of this.#window.push(event)) yield this.#exchangeLine(exchange);
    }
  }

  *tail(): Generator<string, void, void> {
    for (const exchange of this.#window.end()) yield this.#exchangeLine(exchange);
  }

  #exchangeLine(exchange: Exchange<Request, Answer>): string {
    const timeMs = (exchange.request ?? exchange.answer)?.timeMs ?? 0;
    return this.#line(timeMs, this.#form.fieldsOf(exchange));
  }

  #gapLine({ timeMs, code, payload }: RecordedEvent): string {
    const gap = payloadOf(code, payload);
    if (gap?.code !== 'gap') return this.#line(timeMs, { result: 'something was lost here' });
    const { lostEvents, lostBytes, cause } = gap;
    return this.#line(timeMs, {
      lost_events: lostEvents,
      lost_bytes: lostBytes,
      result: `something was lost here: ${cause ?? 'the producer did not say why'}`,
    });
  }

  #line(timeMs: number, fields: Readonly<Record<string, unknown>>): string {
    const time = new Date(this.#startedAtMs + timeMs).toISOString();
    return `${JSON.stringify(jsonOf({ time, ...fields }))}\n`;
  }
}
