import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
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

const nameOf = (folder: string): string => path.join(folder, 'owner.json');

/** This process. */
export const thisProcess = (host: string): ProcessIdentity => ({
  host,
  pid: process.pid,
  startedAt: startOf(process.pid),
});

/** When a process started, in clock ticks since boot (proc_pid_stat(5), field 22); null without /proc. */
const startOf = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses that may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
};

const lives = (owner: ProcessIdentity, own: ProcessIdentity, silentMs: number): boolean => {
  if (owner.host !== own.host) return silentMs < OWNER_SILENT_MAX_MS;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // It is there, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return owner.startedAt === startOf(owner.pid);
};

/**
 * Who writes and sends a spool. Two that send the same one do no harm (their server fences the older), but a session that
 * runs must not be fenced by somebody who believes it is left behind.
 */
export class SpoolOwner implements Disposable {
  readonly #path: string;

  private constructor(folder: string) {
    this.#path = nameOf(folder);
  }

  /** Null when another process that lives has it. @throws what the disk says */
  static take(folder: string, own: ProcessIdentity): SpoolOwner | null {
    try {
      const owner = JSON.parse(readFileSync(nameOf(folder), 'utf8')) as ProcessIdentity;
      if (lives(owner, own, Date.now() - statSync(nameOf(folder)).mtimeMs)) return null;
      rmSync(nameOf(folder), { force: true });
    } catch {
      // Nobody has it, or what is there was torn.
      rmSync(nameOf(folder), { force: true });
    }
    try {
      writeFileSync(nameOf(folder), JSON.stringify(own), { mode: 0o600, flag: 'wx' });
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
