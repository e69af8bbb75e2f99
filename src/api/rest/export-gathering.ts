import { setImmediate } from 'node:timers/promises';
import type { ExportedEvent, ExportLanguage } from '../../format/exported.ts';
import { pickedEvents } from '../../format/run-events.ts';
import { sliceRun } from '../../format/run-bytes.ts';
import type { Visibility } from '../../model/access.ts';
import { EXPORT_BYTES_TARGET, EXPORT_CHUNKS_MAX } from '../../model/limits.ts';
import type { ClosedChunk } from '../../store/catalog/export-reader.ts';
import type { ApiParts } from '../parts.ts';
import { exportLine } from './export-answer.ts';
import type { EventsPlace } from './export-cursor.ts';

/** What of recordings is exported: what says what was done. What was shown and typed, bodies and pages are not. */
const exportedCodes: ReadonlySet<string> = new Set([
  'cmd',
  'file',
  'sql',
  'sqlr',
  'req',
  'res',
  'k8s',
  'k8sr',
  'x',
  'm',
  'gap',
]);

/** Session events, and rows of chunks, that are read at once. */
const EVENTS_PAGE = 100;
const CHUNKS_PAGE = 16;
/** Lines that are written before others have their turn: the catalog is read, and lines are made, on this thread. */
const LINES_AT_ONCE = 100;

export type Gathering = {
  readonly parts: Pick<ApiParts, 'catalog' | 'reader'>;
  readonly visibility: Visibility;
  readonly place: EventsPlace;
  /** Lines. */
  readonly limit: number;
  readonly language: ExportLanguage;
  readonly signal: AbortSignal;
};

/** Lines, and where to go on after them. */
export type Gathered = { readonly text: string; readonly next: EventsPlace };

/**
 * The next events: `limit` lines, or what EXPORT_CHUNKS_MAX chunks hold, or a little more than EXPORT_BYTES_TARGET of text,
 * whatever comes first. In memory, because the cursor of the end goes ahead of the lines.
 */
export const gatherEvents = async (gathering: Gathering): Promise<Gathered> => {
  const page = new GatheredPage(gathering);
  await addStory(gathering, page);
  await addRecorded(gathering, page);
  return { text: page.text, next: page.place };
};

/** Lines until now, and how far they go. */
class GatheredPage {
  text = '';
  place: EventsPlace;
  /** Lines that there is room for. */
  #left: number;
  readonly #language: ExportLanguage;

  constructor({ place, limit, language }: Gathering) {
    this.place = place;
    this.#left = limit;
    this.#language = language;
  }

  get isFull(): boolean {
    return this.#left === 0 || this.text.length >= EXPORT_BYTES_TARGET;
  }

  /** Resolves when others have had their turn, too. */
  async add(exported: ExportedEvent): Promise<void> {
    this.text += exportLine(this.#language.event(exported));
    this.#left -= 1;
    if (this.#left % LINES_AT_ONCE === 0) await setImmediate();
  }

  came(change: Partial<EventsPlace>): void {
    this.place = { ...this.place, ...change };
  }
}

const addStory = async ({ parts, visibility, signal }: Gathering, page: GatheredPage): Promise<void> => {
  while (!signal.aborted) {
    const told = await parts.catalog.exports.eventsTold(visibility, page.place.story, EVENTS_PAGE);
    for (const { session, event } of told) {
      if (page.isFull) return;
      await page.add({ of: 'session', session, event });
      page.came({ story: event.position });
    }
    if (told.length < EVENTS_PAGE) return;
  }
};

const addRecorded = async ({ parts, visibility, signal }: Gathering, page: GatheredPage): Promise<void> => {
  let looked = 0;
  while (!page.isFull) {
    const { closing, event } = page.place;
    const closed = await parts.catalog.exports.chunksClosed(visibility, closing, CHUNKS_PAGE);
    for (const each of closed) {
      const { firstEvent, eventCount } = each.chunk;
      const fromEvent = each.position === closing ? event : firstEvent;
      if (fromEvent >= firstEvent + eventCount) continue;
      if (page.isFull || looked === EXPORT_CHUNKS_MAX || signal.aborted) return;
      looked += 1;
      await addChunk(parts, each, fromEvent, page);
    }
    if (closed.length < CHUNKS_PAGE) return;
  }
};

/** A chunk that cannot be read is the gap that stands for it. */
const addChunk = async (
  { reader }: Gathering['parts'],
  { position, session, recording, chunk }: ClosedChunk,
  fromEvent: number,
  page: GatheredPage,
): Promise<void> => {
  const run = sliceRun(await reader.readChunk(recording, chunk), fromEvent);
  for (const { ordinal, event, payload } of pickedEvents(run, exportedCodes)) {
    if (page.isFull) return page.came({ closing: position, event: ordinal });
    await page.add({ of: 'recording', session, recording, ordinal, event, payload });
  }
  page.came({ closing: position, event: chunk.firstEvent + chunk.eventCount });
};
