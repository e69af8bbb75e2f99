import { decodeRun } from '../../../src/format/run-events.ts';
import { seesAll } from '../../../src/model/access.ts';
import type { RecordingId, SessionId } from '../../../src/model/ids.ts';
import { firstPage } from '../../../src/model/page.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import type {
  Catalog,
  CatalogReader,
  CatalogWriter,
  CommitAnnouncement,
  CommitListener,
  Contents,
  ContentsPart,
} from '../../../src/store/catalog/catalog.ts';
import { newRecordingId, plain } from '../feeding.ts';
import { appendWrite, openSessionWrite } from '../writes.ts';

/** Opens an empty catalog whose commits go to the listener. Whoever disposes it also deletes it. */
export type OpenCatalog = (listener: CommitListener) => Promise<Catalog>;

export const whole: ContentsPart = {
  fromEvent: 0,
  fromMs: 0,
  toMs: null,
  chunksMax: 100,
  batchBytesMax: 1_000_000,
  batchesBefore: 0,
};

export type Opened = { readonly sessionId: SessionId; readonly recordingId: RecordingId; readonly epoch: number };

/** The catalog that a contract is held against, and short ways to do things with it. */
export class CatalogSubject {
  /** Every commit's announcements, in order. */
  readonly announced: CommitAnnouncement[] = [];
  /** What a test wants to do at each commit. */
  onCommit: CommitListener = () => {};
  readonly #open: OpenCatalog;
  #catalog: Catalog | null = null;

  constructor(open: OpenCatalog) {
    this.#open = open;
  }

  async start(): Promise<void> {
    this.#catalog = await this.#open((all) => {
      this.announced.push(...all);
      this.onCommit(all);
    });
  }

  async stop(): Promise<void> {
    await this.#catalog?.[Symbol.asyncDispose]();
  }

  get reader(): CatalogReader {
    if (this.#catalog === null) throw new Error('the contract has not begun');
    return this.#catalog.reader;
  }

  get writer(): CatalogWriter {
    const writer = this.#catalog?.writer ?? null;
    if (writer === null) throw new Error('the contract is for catalogs that are open for writing');
    return writer;
  }

  readonly openNew = async (change: Parameters<typeof openSessionWrite>[0] = {}): Promise<Opened> => {
    const { session, recording, epoch } = await this.writer.openSession(openSessionWrite(change));
    return { sessionId: session.sessionId, recordingId: recording?.recordingId ?? newRecordingId(), epoch };
  };

  readonly openFedWith = async (...batches: readonly (readonly RecordedEvent[])[]): Promise<Opened> => {
    const opened = await this.openNew();
    let firstEvent = 0;
    for (const events of batches) {
      ({ nextEvent: firstEvent } = await this.writer.appendBatch(appendWrite(opened.recordingId, firstEvent, events)));
    }
    return opened;
  };

  readonly contents = async (recordingId: RecordingId, part: Partial<ContentsPart> = {}): Promise<Contents> => {
    const found = await this.reader.contents(seesAll, recordingId, { ...whole, ...part });
    if (found === null) throw new Error('there is no such recording');
    return found;
  };

  /** Of the pending batches. */
  readonly eventsOf = async (recordingId: RecordingId): Promise<readonly unknown[]> =>
    (await this.contents(recordingId)).batches.flatMap(({ msgpack }) => plain(decodeRun(msgpack)));

  readonly revisionOf = async (sessionId: SessionId): Promise<number> =>
    (await this.reader.session(seesAll, sessionId))?.revision.position ?? -1;

  readonly kindsOf = async (sessionId: SessionId): Promise<readonly string[]> =>
    (await this.reader.sessionEvents(seesAll, sessionId, null, firstPage(100))).items.map(({ kind }) => kind);
}
