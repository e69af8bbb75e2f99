import { RESUME_WINDOW_MS, WAL_BYTES_MAX } from '../../model/limits.ts';
import type { Catalog, CommitListener } from './catalog.ts';
import { checkVersion } from './migrate.ts';
import { openForReading } from './open-database.ts';
import { prepareDatabase } from './prepare-database.ts';
import { ReadingThread } from './reading-thread.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { type SurveyLimits, usualSurveyLimits } from './surveys/survey.ts';
import { SurveysHere } from './surveys/surveys-here.ts';
import { WorkerWriter } from './worker-writer.ts';
import type { WorkerScript } from './worker-script.ts';

export type SqliteCatalogPlace = {
  readonly path: string;
  /** better-sqlite3's addon; null: the one in its package. */
  readonly nativeBinding: string | null;
};

/** What a catalog that is written goes by. */
export type SqliteCatalogRules = {
  /** A LOST session may be resumed for this long. */
  readonly resumeWindowMs: number;
  /** Newest positions that logs of changes are known to have had, by their names: a catalog that is behind was put back. */
  readonly knownPositions: ReadonlyMap<string, number>;
  /** The write-ahead log is begun anew beyond so many bytes. */
  readonly walBytesMax: number;
  /** How long reads of much of the log may take. */
  readonly surveyLimits: SurveyLimits;
};

/** The threads that a catalog is written and read by. */
export type CatalogScripts = { readonly writer: WorkerScript; readonly reader: WorkerScript };

const usualRules: SqliteCatalogRules = {
  resumeWindowMs: RESUME_WINDOW_MS,
  knownPositions: new Map(),
  walBytesMax: WAL_BYTES_MAX,
  surveyLimits: usualSurveyLimits,
};

/**
 * The catalog in a SQLite file: written in a worker's thread, read on the calling one, and in another what may take long. The caller holds the data folder's
 * lock. @throws CatalogNotOpened when the file is newer than this program, or is no catalog
 */
export const openSqliteCatalog = async (
  place: SqliteCatalogPlace,
  scripts: CatalogScripts,
  listener: CommitListener,
  given: Partial<SqliteCatalogRules> = {},
): Promise<Catalog> => {
  const { resumeWindowMs, knownPositions, walBytesMax, surveyLimits } = { ...usualRules, ...given };
  await prepareDatabase(place, knownPositions);
  const writer = await WorkerWriter.start(scripts.writer, { ...place, resumeWindowMs, walBytesMax }, listener);
  try {
    const database = openForReading(place);
    const surveys = new ReadingThread(scripts.reader, { ...place, limits: surveyLimits });
    return {
      reader: new SqliteReader(database, surveys),
      writer: writer.port,
      async [Symbol.asyncDispose]() {
        await surveys[Symbol.asyncDispose]();
        database.close();
        await writer[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await writer[Symbol.asyncDispose]();
    throw error;
  }
};

/** The same to read only, beside a running server or without one. @throws NewerDataFolder, OlderDataFolder */
export const openSqliteCatalogToRead = (place: SqliteCatalogPlace): Catalog => {
  const database = openForReading(place);
  try {
    checkVersion(database);
    return {
      reader: new SqliteReader(database, new SurveysHere(database)),
      writer: null,
      async [Symbol.asyncDispose]() {
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
};
