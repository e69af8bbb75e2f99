import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { OwnProcess, ProcessIdentity } from '../client/spool-owner.ts';

/** This process, and how it recognises others of this machine. */
export const ownProcess = (): OwnProcess => ({
  identity: { host: hostname(), pid: process.pid, startedAt: startOf(process.pid) },
  runs,
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

const runs = ({ pid, startedAt }: ProcessIdentity): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return startedAt === startOf(pid);
};
