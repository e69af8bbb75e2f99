import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Exchange, ExchangeWindow, type WindowLimits } from '../../src/format/exchange-window.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';

const unbounded: WindowLimits = { exchangesMax: 1e6, bytesMax: 1e9, bodyBytesMax: 1e6 };

const request = (id: string): RecordedEvent => ({ timeMs: 0, code: 'req', payload: [id, { method: 'GET', url: id }] });
const answer = (id: string): RecordedEvent => ({ timeMs: 1, code: 'res', payload: [id, { status: 200 }] });
const piece = (id: string, index: number, isLast: boolean, text = 'x'): RecordedEvent => ({
  timeMs: 2,
  code: 'body',
  payload: [id, 'res', index, isLast, new TextEncoder().encode(text)],
});

type HttpExchange = Exchange<'req', 'res'>;

const through = (events: readonly RecordedEvent[], limits: Partial<WindowLimits> = {}) => {
  const window = new ExchangeWindow(
    { request: 'req', answer: 'res', idName: 'requestId' },
    { ...unbounded, ...limits },
  );
  const early: HttpExchange[] = [];
  for (const event of events) early.push(...window.push(event));
  return { early, late: [...window.end()] };
};

const idOf = ({ request: asked, answer: told }: HttpExchange): string =>
  `${asked?.requestId ?? '-'}${told?.requestId ?? '-'}`;
const ids = (exchanges: readonly HttpExchange[]): readonly string[] => exchanges.map(idOf);

describe('requests and answers', () => {
  test('come in the order of the requests, as soon as those before them are over', () => {
    const over = (id: string): RecordedEvent[] => [answer(id), piece(id, 0, true)];
    const { early, late } = through([request('a'), request('b'), request('c'), ...over('b'), ...over('a')]);
    expect(ids(early)).toEqual(['aa', 'bb']);
    expect(ids(late)).toEqual(['c-']);
  });

  test('beyond the window those go first that have their answers, then those that wait longest', () => {
    const events = ['a', 'b', 'c', 'd'].map(request).toSpliced(3, 0, answer('b'));
    const { early, late } = through(events, { exchangesMax: 3 });
    expect(ids(early)).toEqual(['bb', 'a-', 'c-'].slice(0, early.length));
    expect(ids([...early, ...late]).toSorted()).toEqual(['a-', 'bb', 'c-', 'd-']);
  });

  test('an id that comes again is another exchange', () => {
    const { early, late } = through([request('a'), request('a'), answer('a'), answer('a')]);
    expect(ids([...early, ...late])).toEqual(['a-', 'aa', '-a']);
  });

  test('a body is whole when its last piece came, and what is beyond the limit is counted', () => {
    const { late } = through([request('a'), piece('a', 0, false, 'abc'), piece('a', 1, true, 'defg')], {
      bodyBytesMax: 5,
    });
    const body = late[0]?.bodies.res;
    expect(Buffer.concat(body?.pieces ?? []).toString()).toBe('abcde');
    expect(body).toMatchObject({ isWhole: true, bytesLeftOut: 2 });
  });

  test('pieces of what is not there are passed over', () => {
    expect(ids(through([piece('a', 0, true), request('b')]).late)).toEqual(['b-']);
  });
});

test('whatever comes, each request and each answer comes out once, and no more waits than may', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const event = fc.oneof(
    id.map(request),
    id.map(answer),
    fc.tuple(id, fc.nat(3), fc.boolean()).map(([of, index, isLast]) => piece(of, index, isLast)),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (events, exchangesMax) => {
      const { early, late } = through(events, { exchangesMax });
      expect(late.length).toBeLessThanOrEqual(exchangesMax);
      const all = [...early, ...late];
      const count = (code: string): number => events.filter((each) => each.code === code).length;
      expect(all.filter((each) => each.request !== null)).toHaveLength(count('req'));
      expect(all.filter((each) => each.answer !== null)).toHaveLength(count('res'));
    }),
  );
});

test('many small pieces count for what they take', () => {
  const events = [request('a'), ...Array.from({ length: 10_000 }, (_, at) => piece('a', at, false))];
  const { early } = through(events, { bytesMax: 100_000 });
  expect(ids(early)).toEqual(['a-']);
});
