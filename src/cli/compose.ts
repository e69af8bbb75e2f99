import { existsSync } from 'node:fs';
import { v5, v7 } from 'uuid';
import { AuditTrail } from '../ingest/audit-trail.ts';
import { Exports } from '../ingest/exports.ts';
import { Kills } from '../ingest/kills.ts';
import { LocalIntake, noContacts } from '../ingest/intake.ts';
import { SignIns } from '../ingest/sign-ins.ts';
import { Tokens } from '../ingest/tokens.ts';
import { Viewings } from '../ingest/viewings.ts';
import { type Bus, credentialsTopic, killsTopic, recordingTopic, sessionsTopic, sessionTopic } from '../live/bus.ts';
import { MemoryBus } from '../live/memory-bus.ts';
import type { Log } from '../api/parts.ts';
import { RESUME_WINDOW_MS, ROTATION_BYTES, ROTATION_MS } from '../model/limits.ts';
import type { Location } from '../model/session.ts';
import type {
  Catalog,
  CatalogReader,
  CatalogWriter,
  CommitAnnouncement,
  CommitListener,
} from '../store/catalog/catalog.ts';
import { CopyFolder } from '../store/catalog/copy-folder.ts';
import { LogPositions } from '../store/catalog/log-positions.ts';
import { openSqliteCatalog, openSqliteCatalogToRead } from '../store/catalog/sqlite-catalog.ts';
import { DataFolderLock } from '../store/data-folder-lock.ts';
import { DiskSpace } from '../store/disk-space.ts';
import { FileRecordings } from '../store/recordings/file-recordings.ts';
import { RecordingReader } from '../store/recordings/recording-reader.ts';
import type { Recordings } from '../store/recordings/recordings.ts';
import { StoredFiles } from '../store/recordings/stored-files.ts';
import { CatalogCopies } from '../upkeep/catalog-copies.ts';
import { ChunkCloser } from '../upkeep/chunk-closer.ts';
import { Leases } from '../upkeep/leases.ts';
import { recover } from '../upkeep/recovery.ts';
import { catalogScripts, nativeBinding, workerScript } from './assets.ts';
import { type DataFolder, makeDataFolder } from './data-folder.ts';
import { secrets } from './secrets.ts';

/** A data folder that this process writes to: every room, wired. */
export type Installation = AsyncDisposable &
  Access & {
    readonly folder: DataFolder;
    readonly catalog: CatalogReader;
    readonly writer: CatalogWriter;
    readonly reader: RecordingReader;
    readonly bus: Bus;
    readonly intake: LocalIntake;
    readonly closer: ChunkCloser;
    readonly space: DiskSpace;
    /** The recordings' files, read without the catalog. */
    readonly files: StoredFiles;
  };

/** What writes down who may, and who did. */
export type Access = {
  readonly kills: Kills;
  readonly audit: AuditTrail;
  readonly tokens: Tokens;
  readonly signIns: SignIns;
  readonly viewings: Viewings;
  readonly exports: Exports;
};

/** A data folder that this process only reads, beside a running server or without one. */
export type ReadingRoom = AsyncDisposable & { readonly catalog: CatalogReader; readonly reader: RecordingReader };

/** Names of version 5 UUIDs (RFC 9562 section 5.5) that this product derives. */
const UUID_NAMESPACE = '6d1e2b0c-8a3f-5d1b-9c55-7d0a4c1f8e21';

const ids = {
  next: (): string => v7(),
  derive: (kind: string, name: string): string => v5(`${kind}:${name}`, UUID_NAMESPACE),
};

const clock = (): number => Date.now();

/** How sessions live that are fed to an installation. */
export type FeedingRules = {
  /** A session whose producer is silent for this long is LOST; null: none is, for verbs that are soon done. */
  readonly leaseMs: number | null;
  /** A LOST session may be resumed for this long. */
  readonly resumeWindowMs: number;
  /** A recording goes on in another at this length, or at so many bytes of msgpack. */
  readonly rotationMs: number;
  readonly rotationBytes: number;
  /** Where on earth an address is; null when nobody knows. Never throws. */
  readonly locate: (ip: string) => Location | null;
};

const usualRules: FeedingRules = {
  leaseMs: null,
  resumeWindowMs: RESUME_WINDOW_MS,
  rotationMs: ROTATION_MS,
  rotationBytes: ROTATION_BYTES,
  locate: () => null,
};

/**
 * Opens the folder for writing: takes its lock, brings the catalog up to date, holds files and catalog against one another.
 * @throws DataFolderInUse, CatalogNotOpened
 */
export const openInstallation = async (
  folder: DataFolder,
  log: Log,
  given: Partial<FeedingRules> = {},
): Promise<Installation> => {
  const rules: FeedingRules = { ...usualRules, ...given };
  await using stack = new AsyncDisposableStack();
  makeDataFolder(folder);
  const binding = nativeBinding();
  stack.use(DataFolderLock.take(folder.path, folder.lock, binding));
  const copies = new CopyFolder(
    folder.copies,
    { path: folder.catalog, nativeBinding: binding },
    workerScript('catalog-copier'),
  );
  await tellLostCatalog(folder, copies, log);
  const bus = new MemoryBus();
  const { catalog, listeners } = await openCatalog(stack, folder, bus, rules, log);
  const { reader: catalogReader, writer } = catalog;
  if (writer === null) throw new Error('a catalog that was opened for writing has a writer');
  const recordings = new FileRecordings(folder);
  const report = await recover({ reader: catalogReader, writer, recordings, clock }, (recordingId, error) =>
    log('error', 'a recording could not be held against its file; it is tried again', { recordingId, error }),
  );
  if (report.adoptedChunks + report.quarantinedFiles + report.damagedRecordings > 0) {
    log('warn', 'files and catalog differed: see what was done', report);
  }
  const kept = { reader: catalogReader, writer, recordings };
  const closer = stack.use(closing(kept, rules, log));
  listeners.push((all) => closer.notice(all));
  closer.start();
  await closer.sweep();
  const leases = rules.leaseMs === null ? noLeases : stack.use(leasing(kept, rules.leaseMs, log));
  listeners.push((all) => leases.notice(all));
  await leases.start();
  const space = stack.use(await DiskSpace.watch(folder.path));
  stack.use(copying(copies, space, log)).start();
  const access = accessTo(catalogReader, writer, closer, log);
  stack.use(access.viewings);
  const moved = stack.move();
  return {
    folder,
    catalog: catalogReader,
    writer,
    reader: new RecordingReader({ catalog: catalogReader, recordings, onDamage: damageTo(writer, log) }),
    bus,
    intake: new LocalIntake({
      writer,
      recordings,
      clock,
      ids,
      unavailable: () => space.shortage,
      relief: (id) => closer.relief(id),
      contacts: leases,
      locate: rules.locate,
    }),
    ...access,
    closer,
    space,
    files: new StoredFiles(folder.recordings),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
};

/** Whose commits are told to the listeners, in the order of commits. */
const openCatalog = async (
  stack: AsyncDisposableStack,
  folder: DataFolder,
  bus: Bus,
  { resumeWindowMs }: FeedingRules,
  log: Log,
): Promise<{ readonly catalog: Catalog; readonly listeners: CommitListener[] }> => {
  const positions = stack.use(
    await LogPositions.open(folder.logPositions, (error) =>
      log('error', "the log's position could not be written; it is tried again", { error }),
    ),
  );
  const listeners: CommitListener[] = [(all) => publish(bus, all), (all) => positions.notice(all)];
  const catalog = stack.use(
    await openSqliteCatalog(
      { path: folder.catalog, nativeBinding: nativeBinding() },
      catalogScripts,
      (all) => {
        for (const listener of listeners) listener(all);
      },
      { resumeWindowMs, knownPositions: positions.known },
    ),
  );
  positions.note(await catalog.reader.revision());
  return { catalog, listeners };
};

type Kept = { readonly reader: CatalogReader; readonly writer: CatalogWriter; readonly recordings: Recordings };

const closing = (kept: Kept, { resumeWindowMs, rotationMs, rotationBytes }: FeedingRules, log: Log): ChunkCloser =>
  new ChunkCloser({
    ...kept,
    clock,
    resumeWindowMs,
    rotation: { ms: rotationMs, bytes: rotationBytes, newId: ids.next },
    onFailure: (recordingId, error) =>
      log('error', 'a recording could not be closed; it is tried again', { recordingId, error }),
  });

const leasing = ({ reader, writer }: Kept, leaseMs: number, log: Log): Leases =>
  new Leases({
    reader,
    writer,
    monotonic: () => performance.now(),
    clock,
    leaseMs,
    onFailure: (sessionId, error) =>
      log('error', 'a silent session could not be looked after; it is tried again', { sessionId, error }),
  });

/** For verbs that are soon done: no session is lost meanwhile. */
const noLeases = { ...noContacts, notice: () => {}, start: async () => {} };

const accessTo = (catalog: CatalogReader, writer: CatalogWriter, closer: ChunkCloser, log: Log): Access => {
  const onFailure = (error: unknown): void => log('error', 'the audit log could not be written', { error });
  const audit = new AuditTrail({ writer, clock, onFailure });
  const acting = { writer, audit, clock, random: secrets };
  return {
    kills: new Kills({ ...acting, catalog }),
    audit,
    tokens: new Tokens(acting),
    signIns: new SignIns(acting),
    exports: new Exports({ audit, clock, onEventsAsked: () => closer.followed() }),
    viewings: new Viewings({ writer, clock, newId: ids.next, onFailure }),
  };
};

/** SQLite makes a catalog that is gone anew without a word: people must hear of it. */
const tellLostCatalog = async (folder: DataFolder, copies: CopyFolder, log: Log): Promise<void> => {
  if (existsSync(folder.catalog)) return;
  const kept = await copies.keepAll();
  const { done } = await new StoredFiles(folder.recordings).folders().next();
  if (kept.length === 0 && done === true) return;
  const advice = 'put its newest copy in its place if there is one, and run reeltime reindex';
  log('warn', `the catalog is gone, and a new one is made: ${advice}`, { newestCopy: kept.at(-1) ?? null });
};

/** One copy of the catalog a day, while the folder is open. */
const copying = (folder: CopyFolder, space: DiskSpace, log: Log): CatalogCopies =>
  new CatalogCopies({
    folder,
    clock,
    shortage: () => space.shortage,
    onCopy: ({ name }) => log('info', 'the catalog was copied', { copy: name }),
    onFailure: (error) => log('error', 'the catalog could not be copied; it is tried again', { error }),
  });

/** @throws when there is no catalog in the folder, or it is of another version */
export const openReadingRoom = (folder: DataFolder): ReadingRoom => {
  const catalog: Catalog = openSqliteCatalogToRead({ path: folder.catalog, nativeBinding: nativeBinding() });
  return {
    catalog: catalog.reader,
    // NOTE only the writer may say in the catalog that a recording is damaged; a reader shows it.
    reader: new RecordingReader({
      catalog: catalog.reader,
      recordings: new FileRecordings(folder),
      onDamage: () => {},
    }),
    [Symbol.asyncDispose]: () => catalog[Symbol.asyncDispose](),
  };
};

/** Nothing is announced before it is committed: the store calls this after each commit. */
const publish = (bus: Bus, announcements: readonly CommitAnnouncement[]): void => {
  for (const announcement of announcements) bus.publish(topicOf(announcement));
  if (announcements.some(({ kind }) => kind === 'session')) bus.publish(sessionsTopic);
};

const topicOf = (announcement: CommitAnnouncement): string => {
  switch (announcement.kind) {
    case 'session':
      return sessionTopic(announcement.sessionId);
    case 'recording':
      return recordingTopic(announcement.recordingId);
    case 'kill':
      return killsTopic(announcement.producer);
    case 'credentials':
      return credentialsTopic;
  }
};

const damageTo =
  (writer: CatalogWriter, log: Log) =>
  (recordingId: Parameters<CatalogWriter['markCorrupt']>[0]['recordingId'], reason: string): void => {
    log('error', 'stored bytes are not what was written', { recordingId, reason });
    writer.markCorrupt({ recordingId, reason, atMs: clock() }).catch((error: unknown) => {
      log('error', 'the damage could not be written down', { recordingId, error });
    });
  };
