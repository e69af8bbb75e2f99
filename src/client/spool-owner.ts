import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
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
 * Who writes and sends a spool: one process at a time. Of many that find a stale owner, one becomes the next. Should two send
 * the same one all the same (a process of another machine that was silent for long), the server fences the older, which then
 * leaves the spool where it is.
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
    const found = unlessCode('ENOENT', () => readFileSync(pathIn(folder), 'utf8'));
    if (found !== null && (isAlive(folder, found, self) || !moveAway(folder, found))) return null;
    const owner = JSON.stringify(self.identity);
    const isTaken = unlessCode('EEXIST', () => {
      writeFileSync(pathIn(folder), owner, { mode: 0o600, flag: 'wx' });
      return true;
    });
    return isTaken === null ? null : new SpoolOwner(folder);
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

/** Whether whoever wrote this lives. What cannot be read is being written, or was torn: only its age tells. */
const isAlive = (folder: string, found: string, { identity, runs }: OwnProcess): boolean => {
  const owner = identityOf(found);
  if (owner?.host === identity.host) return runs(owner);
  const stat = statSync(pathIn(folder), { throwIfNoEntry: false });
  // It was let go, or taken, just now: whoever looks next sees which.
  return stat === undefined || Date.now() - stat.mtimeMs < OWNER_SILENT_MAX_MS;
};

/** NOTE the folder is this user's own: what is whole is what was written. */
const identityOf = (text: string): ProcessIdentity | null => {
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return null;
  }
};

/** Moves a stale owner out of the way. False when another process was quicker: then it is that one's. */
const moveAway = (folder: string, stale: string): boolean => {
  const aside = unlessCode('ENOENT', () => mkdtempSync(path.join(folder, 'owner-')));
  if (aside === null) return false;
  const text = unlessCode('ENOENT', () => {
    renameSync(pathIn(folder), pathIn(aside));
    return readFileSync(pathIn(aside), 'utf8');
  });
  // The next owner was there already, and it is this one that was moved.
  if (text !== null && text !== stale) unlessCode('ENOENT', () => renameSync(pathIn(aside), pathIn(folder)));
  rmSync(aside, { recursive: true, force: true });
  return text === stale;
};

/** What is returned, or null for a failure that says only that another process was quicker. @throws every other */
const unlessCode = <Result>(code: string, attempt: () => Result): Result | null => {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return null;
    throw error;
  }
};
