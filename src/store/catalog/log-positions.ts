import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Revision } from '../../model/revision.ts';
import type { CommitAnnouncement } from './catalog.ts';

const WRITE_EVERY_MS = 1000;
/** Logs that are remembered: each but one is of a catalog that was put back. */
const LOGS_MAX = 100;

/**
 * How far each log of changes is known to have come, in a file beside the catalog: a copy that is put in the catalog's place
 * is found out by it. Written at most once a second and at the end, without waiting for the disk: whatever it says was
 * committed before, and what it misses is the last second before a crash.
 */
export class LogPositions implements AsyncDisposable {
  readonly #path: string;
  readonly #positions: Map<string, number>;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, positions: Map<string, number>, onFailure: (error: unknown) => void) {
    this.#path = path;
    this.#positions = positions;
    this.#onFailure = onFailure;
  }

  /** A file that is not there, or cannot be understood, knows nothing. @param onFailure told when it could not be written */
  static async open(path: string, onFailure: (error: unknown) => void): Promise<LogPositions> {
    const text = await readFile(path, 'utf8').catch(() => '');
    return new LogPositions(path, positionsIn(text), onFailure);
  }

  get known(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  /** Called with each commit's announcements. */
  notice(announcements: readonly CommitAnnouncement[]): void {
    const last = announcements.findLast((each) => each.kind === 'session');
    if (last !== undefined) this.note(last.revision);
  }

  /** The log has come this far. */
  note({ log, position }: Revision): void {
    if (position <= (this.#positions.get(log) ?? 0)) return;
    // The log that goes on is the last one, and the oldest one goes first.
    this.#positions.delete(log);
    this.#positions.set(log, position);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#write();
    }, WRITE_EVERY_MS).unref();
  }

  #write(): void {
    const text = `${JSON.stringify([...this.#positions].slice(-LOGS_MAX))}\n`;
    this.#writing = this.#writing.then(() => replaceFile(this.#path, text)).catch(this.#onFailure);
  }

  /** Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#write();
    }
    await this.#writing;
  }
}

const replaceFile = async (path: string, text: string): Promise<void> => {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
};

const positionsIn = (text: string): Map<string, number> => {
  try {
    const pairs: unknown = JSON.parse(text);
    return new Map(Array.isArray(pairs) ? pairs.filter(isPosition) : []);
  } catch {
    return new Map();
  }
};

const isPosition = (pair: unknown): pair is [string, number] =>
  Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && Number.isSafeInteger(pair[1]);
