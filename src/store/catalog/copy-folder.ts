import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from '../recordings/append-only-file.ts';
import type { OpenDatabase } from './open-database.ts';
import type { CopyData } from './copy-messages.ts';
import type { WorkerScript } from './worker-script.ts';

/** A whole copy of the catalog: it can be put in the catalog's place as it is. */
export type CatalogCopy = {
  readonly name: string;
  /** The moment that the copy is of, to the second. */
  readonly madeAtMs: number;
};

const FOLDER_MODE = 0o700;
const namePattern = /^catalog-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db$/;
const unfinishedPattern = /^catalog-.*\.new(?:-journal)?$/;

const nameOf = (atMs: number): string =>
  `catalog-${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z.db`;

const copyOf = (name: string): CatalogCopy | null => {
  const parts = namePattern.exec(name);
  if (parts === null) return null;
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number);
  return { name, madeAtMs: Date.UTC(year, month - 1, ...rest) };
};

/**
 * Copies of a catalog in a folder, `catalog-<UTC time>.db`. Each is made by a thread of its own, beside the writer and without
 * stopping it, and is there whole or not at all. Whoever puts one back deletes the catalog's -wal and -shm files first.
 */
export class CopyFolder {
  readonly #folder: string;
  readonly #catalog: OpenDatabase;
  readonly #script: WorkerScript;

  constructor(folder: string, catalog: OpenDatabase, script: WorkerScript) {
    this.#folder = folder;
    this.#catalog = catalog;
    this.#script = script;
  }

  /** Oldest first. Files of other names are not looked at. */
  async list(): Promise<readonly CatalogCopy[]> {
    const names = await readdir(this.#folder).catch(noneWhenMissing);
    return names.flatMap((name) => copyOf(name) ?? []).toSorted((one, other) => one.madeAtMs - other.madeAtMs);
  }

  /**
   * The copy is on disk and was read to its end when this resolves.
   * @param atMs now: the copy's name
   * @param signal cancels. SQLite is not interrupted while it writes (about a second for 250 MB): the thread ends after that.
   * @throws the disk's or SQLite's error, or the signal's reason; no copy is there then
   */
  async make(atMs: number, signal: AbortSignal): Promise<CatalogCopy> {
    await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
    await this.#removeUnfinished();
    const name = nameOf(atMs);
    const copy = path.join(this.#folder, name);
    try {
      await this.#run({ ...this.#catalog, copy, unfinished: `${copy}.new` }, signal);
    } catch (error) {
      await this.#removeUnfinished();
      throw error;
    }
    return { name, madeAtMs: copyOf(name)?.madeAtMs ?? atMs };
  }

  #run(data: CopyData, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const worker = this.#script.start(data);
    const cancel = (): void => void worker.terminate();
    signal.addEventListener('abort', cancel);
    return new Promise<void>((resolve, reject) => {
      let failure: unknown = null;
      worker.once('error', (error) => {
        failure = error;
      });
      // Not before the thread is gone: what it left unfinished is deleted next.
      worker.once('exit', (code) => {
        if (code === 0) resolve();
        else reject(failure ?? signal.reason ?? new Error(`the thread that copies ended with ${code}`));
      });
    }).finally(() => signal.removeEventListener('abort', cancel));
  }

  /** What a crash or a cancelled copy left. */
  async #removeUnfinished(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (unfinishedPattern.test(name)) await rm(path.join(this.#folder, name), { force: true });
    }
  }

  /**
   * Of a catalog that is gone: its copies get other names, so that those of the next one never push them out.
   * @returns their paths, oldest first
   */
  async keepAll(): Promise<readonly string[]> {
    const kept: string[] = [];
    for (const { name } of await this.list()) {
      const place = path.join(this.#folder, `kept-${name}`);
      await rename(path.join(this.#folder, name), place);
      kept.push(place);
    }
    return kept;
  }

  async remove({ name }: CatalogCopy): Promise<void> {
    await rm(path.join(this.#folder, name), { force: true });
  }
}

const noneWhenMissing = (error: unknown): string[] => {
  if (isMissing(error)) return [];
  throw error;
};
