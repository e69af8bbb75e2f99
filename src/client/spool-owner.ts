import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A process of another machine (or container) that shares the folder is believed to live while it says so this often. */
const OWNER_SILENT_MAX_MS = 10 * 60_000;

/** A process, as others can recognise it. */
export type ProcessIdentity = {
  readonly host: string;
  readonly pid: number;
  /** What tells it from a later process of the same number; null where the system does not say. */
  readonly startedAt: string | null;
};

export type OwnProcess = {
  readonly identity: ProcessIdentity;
  /** Whether this process of the same host runs. */
  readonly runs: (other: ProcessIdentity) => boolean;
};

const pathIn = (folder: string): string => path.join(folder, 'owner.json');

/**
 * Who writes and sends a spool. Two that send the same one do no harm (their server fences the older), but a session that
 * runs must not be fenced by somebody who believes it is left behind.
 */
export class SpoolOwner implements Disposable {
  readonly #path: string;

  private constructor(folder: string) {
    this.#path = pathIn(folder);
  }

  /**
   * Makes the folder of a new spool, as this process's. Before the spool: whoever finds one looks whose it is.
   * @param root the folder that holds a folder for each session @throws what the disk says
   */
  static create(root: string, sessionId: string, self: OwnProcess): SpoolOwner {
    const folder = path.join(root, sessionId);
    mkdirSync(folder, { mode: 0o700 });
    const owner = SpoolOwner.take(folder, self);
    if (owner === null) throw new Error(`${folder} is another process's`);
    return owner;
  }

  /** Null when another process that lives has it. @throws what the disk says */
  static take(folder: string, self: OwnProcess): SpoolOwner | null {
    if (isOwned(folder, self)) return null;
    rmSync(pathIn(folder), { force: true });
    try {
      writeFileSync(pathIn(folder), JSON.stringify(self.identity), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return null;
      throw error;
    }
    return new SpoolOwner(folder);
  }

  /** Says that this process lives. */
  touch(): void {
    try {
      utimesSync(this.#path, new Date(), new Date());
    } catch {
      // NOTE the folder goes when everything was sent.
    }
  }

  /** Lets others have it. */
  [Symbol.dispose](): void {
    rmSync(this.#path, { force: true });
  }
}

/** Not when nobody has it, and not when what is there was torn. */
const isOwned = (folder: string, { identity, runs }: OwnProcess): boolean => {
  try {
    const owner = JSON.parse(readFileSync(pathIn(folder), 'utf8')) as ProcessIdentity;
    if (owner.host === identity.host) return runs(owner);
    return Date.now() - statSync(pathIn(folder)).mtimeMs < OWNER_SILENT_MAX_MS;
  } catch {
    return false;
  }
};
