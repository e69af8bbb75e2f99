import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { seesAll } from '../../src/model/access.ts';
import { Conflict, EventGap, Fenced, InvalidInput, type Refusal } from '../../src/model/errors.ts';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import { LEASE_MS } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import {
  aSession,
  closeChunks,
  newSessionId,
  output,
  plain,
  producer,
  readEvents,
  terminal,
} from '../store/feeding.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { rotation: { ms: 500, bytes: 4000 } });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What somebody does to one session. Ordinals are told from the next one that is wanted. */
type Act =
  | { readonly kind: 'open' }
  | { readonly kind: 'append'; readonly back: number; readonly count: number; readonly epochsBack: number }
  | { readonly kind: 'hole'; readonly ahead: number }
  /** Events that are there, with one that is not the same. */
  | { readonly kind: 'differ'; readonly back: number }
  | { readonly kind: 'backwards' }
  | { readonly kind: 'close chunks' }
  | { readonly kind: 'rotate' }
  | { readonly kind: 'lose' };

const append = fc.record({
  kind: fc.constant('append' as const),
  back: fc.oneof(fc.constant(0), fc.nat(12)),
  count: fc.integer({ min: 1, max: 8 }),
  epochsBack: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) }),
});
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: append },
  { weight: 1, arbitrary: fc.constant({ kind: 'open' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hole' as const), ahead: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('differ' as const), back: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Act>(
      { kind: 'backwards' },
      { kind: 'close chunks' },
      { kind: 'rotate' },
      { kind: 'lose' },
    ),
  },
);

/** The event with this ordinal, always the same one: what a producer sends again is what it sent. */
const eventAt = (ordinal: number): RecordedEvent => output(ordinal * 37, `event ${ordinal} ${'.'.repeat(ordinal % 7)}`);
const eventsFrom = (first: number, count: number): readonly RecordedEvent[] =>
  Array.from({ length: count }, (_, at) => eventAt(first + at));

/** One session, and what it must hold: as many of the events as were acknowledged. */
class Fed {
  readonly #sessionId: SessionId = newSessionId();
  #recordingId: RecordingId | null = null;
  #epoch = 0;
  #held = 0;
  /** Events from this ordinal on were never in a closed chunk: only those are compared. */
  #closed = 0;

  async open(): Promise<void> {
    const input = aSession({ sessionId: this.#sessionId, recording: terminal });
    const { recording, nextEvent, epoch } = await opened.intake.openSession(producer, input);
    this.#recordingId ??= recording?.recordingId ?? null;
    expect([recording?.recordingId, nextEvent, epoch]).toEqual([this.#recordingId, this.#held, this.#epoch + 1]);
    this.#epoch = epoch;
  }

  async do(one: Act): Promise<void> {
    switch (one.kind) {
      case 'open':
        return this.open();
      case 'append':
        return this.#append(one);
      case 'hole':
        return this.#refuse(this.#held + one.ahead, eventsFrom(this.#held + one.ahead, 2), EventGap);
      case 'differ':
        return this.#differ(one.back);
      case 'backwards':
        if (this.#held < 2) return undefined;
        return this.#refuse(this.#held, [output(0, 'late')], InvalidInput);
      case 'close chunks':
        await closeChunks(opened);
        this.#closed = this.#held;
        return undefined;
      case 'rotate':
        await opened.closer.sweep();
        await opened.closer.settled();
        // What was rotated is sealed, and all of it is in chunks.
        this.#closed = this.#held;
        return undefined;
      case 'lose':
        opened.clock.nowMs += LEASE_MS;
        return opened.leases.look();
    }
  }

  #send(firstEvent: number, events: readonly RecordedEvent[], epoch = this.#epoch) {
    const recordingId = this.#recordingId as RecordingId;
    return opened.intake.appendEvents(producer, { recordingId, epoch, firstEvent, msgpack: encodeBatch(events) });
  }

  async #append({ back, count, epochsBack }: Extract<Act, { kind: 'append' }>): Promise<void> {
    const first = Math.max(0, this.#held - back);
    const events = eventsFrom(first, count);
    if (epochsBack !== 0) return this.#refuse(first, events, epochsBack > 0 ? Fenced : InvalidInput, epochsBack);
    const { nextEvent, kill } = await this.#send(first, events);
    this.#held = Math.max(this.#held, first + count);
    expect([nextEvent, kill]).toEqual([this.#held, null]);
    return undefined;
  }

  async #differ(back: number): Promise<void> {
    const first = this.#held - back;
    if (first < this.#closed || back < 1) return undefined;
    const [event] = eventsFrom(first, 1);
    if (event === undefined) return undefined;
    return this.#refuse(first, [output(event.timeMs, 'another'), eventAt(first + 1)], Conflict);
  }

  async #refuse(
    firstEvent: number,
    events: readonly RecordedEvent[],
    refusal: abstract new (...given: never[]) => Refusal,
    epochsBack = 0,
  ): Promise<void> {
    const refused: unknown = await this.#send(firstEvent, events, this.#epoch - epochsBack).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(refusal);
    if (refused instanceof EventGap) expect(refused.nextEvent).toBe(this.#held);
  }

  /** Nothing but what was acknowledged, once, in order, whatever recordings it is in. */
  async check(): Promise<void> {
    const recordings = (await opened.catalog.recordings(seesAll, this.#sessionId, firstPage(1000))).items;
    const events: RecordedEvent[] = [];
    for (const { recordingId, startedAtMs } of recordings) {
      const shiftMs = startedAtMs - (recordings[0]?.startedAtMs ?? 0);
      const own = await readEvents(opened.reader, recordingId);
      events.push(...own.map((event) => ({ ...event, timeMs: event.timeMs + shiftMs })));
    }
    expect(plain(events)).toEqual(plain(eventsFrom(0, this.#held)));
    expect(opened.failures).toEqual([]);
  }
}

test('whatever a producer sends, sends again or gets wrong, a session holds what was acknowledged, once and in order', async () => {
  let [rotated, resumed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 30 }), async (acts) => {
      const fed = new Fed();
      await fed.open();
      const from = opened.announced.length;
      for (const one of acts) await fed.do(one);
      await fed.check();
      rotated += opened.announced
        .slice(from)
        .filter((each) => each.kind === 'recording' && each.change === 'sealed').length;
      resumed += acts.filter(({ kind }) => kind === 'lose').length;
    }),
    { numRuns: 100 },
  );
  // Else the property says less than it seems to.
  expect(rotated).toBeGreaterThan(20);
  expect(resumed).toBeGreaterThan(20);
});
