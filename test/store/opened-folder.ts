import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { v5 } from 'uuid';
import { catalogScripts } from '../../src/cli/assets.ts';
import { LocalIntake } from '../../src/ingest/intake.ts';
import { type Bus, recordingTopic, sessionsTopic, sessionTopic } from '../../src/live/bus.ts';
import { MemoryBus } from '../../src/live/memory-bus.ts';
import { LEASE_MS, RESUME_WINDOW_MS, ROTATION_BYTES, ROTATION_MS } from '../../src/model/limits.ts';
import type {
  CatalogReader,
  CatalogWriter,
  CommitAnnouncement,
  CommitListener,
} from '../../src/store/catalog/catalog.ts';
import { openSqliteCatalog } from '../../src/store/catalog/sqlite-catalog.ts';
import { FileRecordings } from '../../src/store/recordings/file-recordings.ts';
import { RecordingReader } from '../../src/store/recordings/recording-reader.ts';
import type { Recordings } from '../../src/store/recordings/recordings.ts';
import { ChunkCloser, type Rotation } from '../../src/upkeep/chunk-closer.ts';
import { Leases } from '../../src/upkeep/leases.ts';
import { recover, type RecoveryReport } from '../../src/upkeep/recovery.ts';

/** A clock that a test sets. Milliseconds since the epoch. */
export type TestClock = { nowMs: number };

/** The rooms that keep sessions, wired as the program wires them, with a clock of the test's and no timers. */
export type OpenedFolder = AsyncDisposable & {
  readonly path: string;
  readonly catalog: CatalogReader;
  readonly writer: CatalogWriter;
  readonly recordings: Recordings;
  readonly reader: RecordingReader;
  readonly bus: Bus;
  readonly intake: LocalIntake;
  readonly closer: ChunkCloser;
  /** By the same clock, and without a timer: a session is lost when a test looks. */
  readonly leases: Leases;
  readonly clock: TestClock;
  /** What recovery found when the folder was opened. */
  readonly report: RecoveryReport;
  /** What recovery and the closer could not do, in order. */
  readonly failures: unknown[];
  /** Damage that reading found, in order. */
  readonly damage: string[];
  /** Resolves when the catalog knows of all damage that was found. */
  readonly damageTold: () => Promise<void>;
  /** Every commit's announcements, in order. */
  readonly announced: CommitAnnouncement[];
};

export type FolderOptions = {
  readonly clock?: TestClock;
  /** What stands between the rooms and the files. */
  readonly wrap?: (files: Recordings) => Recordings;
  readonly bus?: Bus;
  /** Other limits than the usual. */
  readonly rotation?: Partial<Pick<Rotation, 'ms' | 'bytes'>>;
  /** Whether the closer hears of commits. Otherwise it looks only when it is asked to. */
  readonly closes?: boolean;
};

export const testStartMs = Date.UTC(2026, 3, 5, 6, 7, 8, 9);

export const catalogPathOf = (folder: string): string => path.join(folder, 'catalog.db');
export const recordingsPathOf = (folder: string): string => path.join(folder, 'recordings');
export const quarantinePathOf = (folder: string): string => path.join(folder, 'quarantine');

export const fileRecordingsOf = (folder: string): FileRecordings =>
  new FileRecordings({ recordings: recordingsPathOf(folder), quarantine: quarantinePathOf(folder) });

const ids = {
  next: (): string => randomUUID(),
  derive: (kind: string, name: string): string => v5(`${kind}:${name}`, '6d1e2b0c-8a3f-5d1b-9c55-7d0a4c1f8e21'),
};

/** Opens the folder, recovers it, and hands every room out. Disposing closes all but leaves the files. */
export const openFolder = async (folder: string, options: FolderOptions = {}): Promise<OpenedFolder> => {
  await using stack = new AsyncDisposableStack();
  const clock = options.clock ?? { nowMs: testStartMs };
  const now = (): number => clock.nowMs;
  for (const each of [recordingsPathOf(folder), quarantinePathOf(folder)])
    await mkdir(each, { recursive: true, mode: 0o700 });
  const bus = options.bus ?? new MemoryBus();
  const announced: CommitAnnouncement[] = [];
  const listeners: CommitListener[] = [(all) => void announced.push(...all)];
  const { reader: catalog, writer } = stack.use(
    await openSqliteCatalog({ path: catalogPathOf(folder), nativeBinding: null }, catalogScripts, (all) => {
      for (const listener of listeners) listener(all);
    }),
  );
  if (writer === null) throw new Error('it was opened for writing');
  const files = fileRecordingsOf(folder);
  const recordings = options.wrap?.(files) ?? files;
  const failures: unknown[] = [];
  const fail = (_recordingId: unknown, error: unknown): void => void failures.push(error);
  const report = await recover({ reader: catalog, writer, recordings: files, clock: now }, fail);
  const damage: string[] = [];
  const closer = stack.use(
    new ChunkCloser({
      reader: catalog,
      writer,
      recordings,
      clock: now,
      resumeWindowMs: RESUME_WINDOW_MS,
      rotation: { ms: ROTATION_MS, bytes: ROTATION_BYTES, newId: randomUUID, ...options.rotation },
      onFailure: fail,
    }),
  );
  listeners.push((all) => {
    for (const each of all) {
      if (each.kind === 'session') bus.publish(sessionTopic(each.sessionId));
      if (each.kind === 'recording') bus.publish(recordingTopic(each.recordingId));
    }
    if (all.some(({ kind }) => kind === 'session')) bus.publish(sessionsTopic);
  });
  if (options.closes !== false) listeners.push((all) => closer.notice(all));
  const leases = stack.use(
    new Leases({ reader: catalog, writer, monotonic: now, clock: now, leaseMs: LEASE_MS, onFailure: fail }),
  );
  listeners.push((all) => leases.notice(all));
  await leases.adopt();
  const told: Promise<void>[] = [];
  const reader = new RecordingReader({
    catalog,
    recordings,
    onDamage: (recordingId, reason) => {
      damage.push(reason);
      told.push(writer.markCorrupt({ recordingId, reason, atMs: clock.nowMs }));
    },
  });
  const moved = stack.move();
  return {
    path: folder,
    catalog,
    writer,
    recordings,
    reader,
    bus,
    intake: new LocalIntake({
      writer,
      recordings,
      clock: now,
      ids,
      unavailable: () => null,
      relief: (id) => closer.relief(id),
      contacts: leases,
      locate: () => null,
    }),
    closer,
    leases,
    clock,
    report,
    failures,
    damage,
    damageTold: async () => void (await Promise.all(told)),
    announced,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
};
