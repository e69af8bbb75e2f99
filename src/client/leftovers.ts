import { readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Fenced, SessionEnded, SessionKilled } from '../model/errors.ts';
import { isPassing } from './retry.ts';
import { FeedStopped, SessionFeed, type FeedParts } from './session-feed.ts';
import { Spool } from './spool.ts';
import { type OwnProcess, SpoolOwner } from './spool-owner.ts';

export type LeftoverParts = Omit<FeedParts, 'spool' | 'owner'> & {
  /** The folder that holds a folder for each session. */
  readonly root: string;
  /** Only what is for this server is sent. */
  readonly server: string;
  readonly self: OwnProcess;
};

/** What became of what an earlier process left. */
export type LeftoverOutcome = {
  readonly sessionId: string;
  /** `kept`: the server is away, or another process sends it, and it stays for later. `refused`: it will never be taken, and was set aside. */
  readonly kind: 'sent' | 'kept' | 'refused';
  readonly error: unknown;
  /** Where it is now, when it was not sent. */
  readonly folder: string;
};

/** Folders of spools that were set aside end with this. */
const SET_ASIDE = '.refused';

/** Sends what earlier processes of this user left, one session after the other, until everything is sent or the signal says so. */
export async function* sendLeftovers(parts: LeftoverParts, signal: AbortSignal): AsyncGenerator<LeftoverOutcome> {
  for (const name of sessionFolders(parts.root)) {
    if (signal.aborted) return;
    const outcome = await sendOne(parts, path.join(parts.root, name), signal);
    if (outcome !== null) yield outcome;
  }
}

const sessionFolders = (root: string): readonly string[] => {
  try {
    return readdirSync(root).filter((name) => /^[0-9a-f-]{36}$/.test(name));
  } catch {
    // Nothing was ever spooled there.
    return [];
  }
};

/** Null when it is another's, or another server's. */
const sendOne = async (parts: LeftoverParts, folder: string, signal: AbortSignal): Promise<LeftoverOutcome | null> => {
  let owner: SpoolOwner | null = null;
  try {
    if (!isLeftover(folder)) return null;
    owner = SpoolOwner.take(folder, parts.self);
    const spool = owner === null ? null : openLeftover(folder, parts.server);
    if (owner !== null && spool !== null) return await feedLeftover(parts, spool, owner, signal);
  } catch (error) {
    // One that cannot be read must not keep the others.
    return { sessionId: path.basename(folder), kind: 'kept', error, folder };
  } finally {
    owner?.[Symbol.dispose]();
  }
  return null;
};

/** Whether it is a spool. What has none of its files yet is being made, and is not touched. */
const isLeftover = (folder: string): boolean => {
  const names = readdirSync(folder);
  // All of it was sent, and only deleting it was not finished.
  if (names.includes('sent.json')) rmSync(folder, { recursive: true, force: true });
  return names.includes('session.json');
};

/** Null for another server's. */
const openLeftover = (folder: string, server: string): Spool | null => {
  const spool = Spool.open(folder);
  if (spool?.header.server === server) return spool;
  spool?.[Symbol.dispose]();
  return null;
};

const feedLeftover = async (
  { root: _root, server: _server, self: _self, ...parts }: LeftoverParts,
  spool: Spool,
  owner: SpoolOwner,
  signal: AbortSignal,
): Promise<LeftoverOutcome> => {
  endOf(spool);
  const feed = new SessionFeed({ ...parts, spool, owner });
  const stop = (): void => feed.stop();
  signal.addEventListener('abort', stop);
  const { error } = await feed.over;
  signal.removeEventListener('abort', stop);
  return outcomeOf(spool, error);
};

/** A process that was killed did not say how its session ended: with its last event. */
const endOf = (spool: Spool): void => {
  if (spool.state.end !== null) return;
  const { startedAtMs } = spool.header.session;
  const endedAtMs = startedAtMs === null ? null : startedAtMs + spool.lastMs;
  spool.keep({ end: { endedAtMs, reason: 'the recorder stopped before the session ended', isCut: false } });
};

const outcomeOf = ({ folder, header, state }: Spool, error: unknown): LeftoverOutcome => {
  const sessionId = header.session.sessionId ?? '';
  const isOver = error instanceof SessionEnded || error instanceof SessionKilled;
  if (error === null || (isOver && state.isTaken)) {
    rmSync(folder, { recursive: true, force: true });
    return { sessionId, kind: 'sent', error: null, folder };
  }
  // Fenced: another process sends it from the same folder.
  if (error instanceof FeedStopped || error instanceof Fenced || isPassing(error))
    return { sessionId, kind: 'kept', error, folder };
  return { sessionId, kind: 'refused', error, folder: setAside(folder) };
};

/** What a server will never take is not offered again. @returns where it is then */
export const setAside = (folder: string): string => {
  renameSync(folder, `${folder}${SET_ASIDE}`);
  return `${folder}${SET_ASIDE}`;
};
