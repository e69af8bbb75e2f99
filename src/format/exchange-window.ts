import type { PayloadOf, ShapedCode, ShapedPayload } from '../model/event-shapes.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { payloadOf } from './events/event-payload.ts';

/** An event with its payload by names, and its time in milliseconds from the recording's start. */
export type Timed<Code extends ShapedCode> = { readonly timeMs: number } & PayloadOf<Code>;

/** The bytes of a body that are there. */
export type ExchangedBody = {
  readonly pieces: readonly Uint8Array[];
  /** Bytes that came and are not there: beyond `bodyBytesMax`. */
  readonly bytesLeftOut: number;
  readonly isWhole: boolean;
};

/** A request, its answer, and their bodies. Null: it is not in what was read. */
export type Exchange<Request extends ShapedCode, Answer extends ShapedCode> = {
  readonly request: Timed<Request> | null;
  readonly answer: Timed<Answer> | null;
  readonly bodies: Readonly<Record<'req' | 'res', ExchangedBody | null>>;
};

/** How much waits for answers. */
export type WindowLimits = {
  readonly exchangesMax: number;
  /** Of texts and data in all of them. */
  readonly bytesMax: number;
  /** Of one body; 0: bodies are passed over. */
  readonly bodyBytesMax: number;
};

/** Of which codes the requests and the answers are. */
export type ExchangeCodes<Request extends ShapedCode, Answer extends ShapedCode> = {
  readonly request: Request;
  readonly answer: Answer;
  readonly idName: 'requestId' | 'queryId';
};

/** What a piece takes beside its bytes. */
const PIECE_OVERHEAD_BYTES = 128;

type Body = { pieces: Uint8Array[]; bytes: number; bytesLeftOut: number; isWhole: boolean };
type Waiting<Request extends ShapedCode, Answer extends ShapedCode> = {
  request: Timed<Request> | null;
  answer: Timed<Answer> | null;
  readonly bodies: Record<'req' | 'res', Body | null>;
  bytes: number;
};

/**
 * Pairs requests with their answers, in the order of the requests as far as they fit into a window; beyond it those that have
 * their answers go first, then those that wait longest: their answers, if they come, stand alone. Memory is bounded by the
 * limits.
 */
export class ExchangeWindow<Request extends ShapedCode, Answer extends ShapedCode> {
  readonly #codes: ExchangeCodes<Request, Answer>;
  readonly #limits: WindowLimits;
  readonly #waiting = new Map<string, Waiting<Request, Answer>>();
  #bytes = 0;

  constructor(codes: ExchangeCodes<Request, Answer>, limits: WindowLimits) {
    this.#codes = codes;
    this.#limits = limits;
  }

  /** Takes the next event; others than of the codes are passed over. @returns the exchanges that wait no longer */
  *push({ timeMs, code, payload }: RecordedEvent): Generator<Exchange<Request, Answer>, void, void> {
    const { request, answer } = this.#codes;
    if (code !== request && code !== answer && (code !== 'body' || this.#limits.bodyBytesMax === 0)) return;
    const named = payloadOf(code, payload);
    if (named === null) return;
    if (named.code === 'body') this.#addPiece(named);
    else {
      const id = String((named as unknown as Readonly<Record<string, unknown>>)[this.#codes.idName]);
      // The same id again is another exchange.
      const before = this.#waiting.get(id);
      if (before !== undefined && (code === request || before.answer !== null)) yield* this.#leave([id]);
      const one = this.#waiting.get(id) ?? this.#begin(id);
      if (code === request) one.request = { timeMs, ...(named as unknown as PayloadOf<Request>) };
      else one.answer = { timeMs, ...(named as unknown as PayloadOf<Answer>) };
      this.#grow(one, sizeOf(named));
    }
    yield* this.#settle();
  }

  /** Nothing follows. @returns all that wait */
  *end(): Generator<Exchange<Request, Answer>, void, void> {
    yield* this.#leave([...this.#waiting.keys()]);
  }

  #begin(id: string): Waiting<Request, Answer> {
    const one = { request: null, answer: null, bodies: { req: null, res: null }, bytes: 0 };
    this.#waiting.set(id, one);
    return one;
  }

  #grow(one: Waiting<Request, Answer>, bytes: number): void {
    one.bytes += bytes;
    this.#bytes += bytes;
  }

  /** A piece of what has left, or was never there, is passed over. */
  #addPiece({ requestId, side, index, isLast, data }: Extract<ShapedPayload, { readonly code: 'body' }>): void {
    const one = this.#waiting.get(requestId);
    if (one === undefined) return;
    const body = (one.bodies[side] ??= { pieces: [], bytes: 0, bytesLeftOut: 0, isWhole: false });
    const room = Math.max(0, this.#limits.bodyBytesMax - body.bytes);
    // A copy: the piece shares memory with a whole run.
    const kept = data.slice(0, room);
    if (kept.length > 0 || index === 0) body.pieces.push(kept);
    body.bytes += kept.length;
    body.bytesLeftOut += data.length - kept.length;
    body.isWhole ||= isLast;
    this.#grow(one, kept.length + PIECE_OVERHEAD_BYTES);
  }

  *#settle(): Generator<Exchange<Request, Answer>, void, void> {
    for (const [id, one] of this.#waiting) {
      if (!this.#isOver(one)) break;
      yield* this.#leave([id]);
    }
    if (!this.#isBeyond(1)) return;
    const all = [...this.#waiting];
    yield* this.#leave(all.filter(([, one]) => this.#isOver(one)).map(([id]) => id));
    if (this.#isBeyond(0.5)) yield* this.#leave(all.filter(([, one]) => one.answer !== null).map(([id]) => id));
    for (const [id] of all) if (this.#isBeyond(0.5)) yield* this.#leave([id]);
  }

  /** An answer whose body is not recorded may still have one: it waits until there is no more room. */
  #isOver({ answer, bodies }: Waiting<Request, Answer>): boolean {
    return answer !== null && (this.#limits.bodyBytesMax === 0 || bodies.res?.isWhole === true);
  }

  #isBeyond(part: number): boolean {
    return this.#waiting.size > this.#limits.exchangesMax * part || this.#bytes > this.#limits.bytesMax * part;
  }

  *#leave(ids: readonly string[]): Generator<Exchange<Request, Answer>, void, void> {
    for (const id of ids) {
      const one = this.#waiting.get(id);
      if (one === undefined) continue;
      this.#waiting.delete(id);
      this.#bytes -= one.bytes;
      yield one;
    }
  }
}

/** What texts and bytes in it have, about; and something for each value. */
const sizeOf = (value: unknown): number => {
  if (typeof value === 'string' || value instanceof Uint8Array) return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.entries(value).reduce((sum, [name, item]) => sum + name.length + sizeOf(item), 16);
};
