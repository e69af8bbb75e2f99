import { setTimeout as sleep } from 'node:timers/promises';
import { exportPage, type ExportPage, type ExportWish } from '../client/remote-export.ts';
import { isPassing, isRefusal, retryDelayMs } from '../client/retry.ts';
import type { ServerParts } from '../client/server-calls.ts';
import { RevisionUnknown, Unavailable } from '../model/errors.ts';
import type { CursorFile } from './export-cursor-file.ts';
import { printable, printableJson } from './printable.ts';

export type FollowParts = {
  readonly what: ExportWish['what'];
  readonly format: string;
  /** Where to begin when the cursor file does not say; null: at the log's beginning. */
  readonly after: string | null;
  readonly cursorFile: CursorFile | null;
  /** Asked before each attempt: a server on this machine has another address and token each time. Null: there is none now. */
  readonly server: () => ServerParts | null;
  /** Whether a token that is refused may be another one at the next attempt. */
  readonly tokenChanges: boolean;
  /** Ends the following after the lines that are being written. */
  readonly signal: AbortSignal;
};

/** When there was nothing new, it is asked again after this. */
const ASK_AGAIN_MS = 1000;

/**
 * Writes what changes to standard output, a line each, until the signal. The cursor is kept after its lines were written: what
 * was written and not kept comes again, and nothing is lost. A server that is away is asked again and again.
 * @throws what no waiting helps against: a cursor of another log, a token that may not
 */
export const followExport = async (parts: FollowParts): Promise<void> => {
  const { cursorFile, signal } = parts;
  let cursor = (await cursorFile?.read()) ?? parts.after;
  while (!signal.aborted) {
    const page = await nextPage(parts, cursor);
    if (page === null) return;
    if (page.lines !== '' && !(await write(page.lines))) return;
    const isSame = page.next === cursor;
    cursor = page.next;
    if (!isSame) await cursorFile?.write(cursor);
    if (isSame) await pause(ASK_AGAIN_MS, signal);
  }
};

/** Asks until there is an answer. Null when the signal came. */
const nextPage = async (parts: FollowParts, after: string | null): Promise<ExportPage | null> => {
  const { signal, what, format } = parts;
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const server = parts.server();
      if (server === null) throw new Unavailable('no server runs on the data folder', 0, { cause: 'no server' });
      return await exportPage(server, { what, format, after }, signal);
    } catch (error) {
      if (signal.aborted) return null;
      mustPass(error, parts);
      if (failures === 1) process.stderr.write(`${printable(wordsOf(error))}; it is asked again\n`);
      await pause(retryDelayMs(error, failures, Math.random()), signal);
    }
  }
  return null;
};

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const mustPass = (error: unknown, { tokenChanges }: FollowParts): void => {
  if (error instanceof RevisionUnknown) {
    throw new Error(`${error.message}, without --after and with another --cursor-file`, { cause: error });
  }
  if (!isPassing(error) || (isRefusal(error) && !tokenChanges)) throw error;
};

/** Resolves when whoever reads has taken the lines; false when nobody reads any more. */
const write = async (lines: string): Promise<boolean> => {
  const text = process.stdout.isTTY ? printableJson(lines) : lines;
  return new Promise((resolve, reject) => {
    // What the callback is told, the stream tells too, and nobody may be there to hear it.
    const heard = (): void => {};
    process.stdout.once('error', heard);
    process.stdout.write(text, (error) => {
      if (error == null) {
        process.stdout.removeListener('error', heard);
        resolve(true);
      } else if ((error as NodeJS.ErrnoException).code === 'EPIPE') resolve(false);
      else reject(error);
    });
  });
};

const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});
