import { Command, InvalidArgumentError, Option } from 'commander';
import { seesAll } from '../model/access.ts';
import { everySession, newestFirst } from '../model/session-filter.ts';
import { firstPage } from '../model/page.ts';
import type { Session } from '../model/session.ts';
import { openReadingRoom } from './compose.ts';
import { dataFolderAt } from './data-folder.ts';
import { printable } from './printable.ts';
import { dataOption } from './settings.ts';

type ListOptions = { readonly data: string; readonly limit: number; readonly json?: boolean };

const LIMIT_MAX = 1000;

const readLimit = (text: string): number => {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new InvalidArgumentError(`must be a whole number from 1 to ${LIMIT_MAX}`);
  }
  return limit;
};

/** `reeltime list`: the newest sessions. Reads the data folder, beside a running server or without one. */
export const listCommand = (): Command =>
  new Command('list')
    .description('list the newest sessions')
    .addOption(dataOption())
    .addOption(new Option('--limit <count>', 'how many').default(20).argParser(readLimit))
    .option('--json', 'print a line of JSON for each')
    .action(async (options: ListOptions) => {
      await using room = openReadingRoom(dataFolderAt(options.data));
      const page = await room.catalog.sessions(seesAll, everySession, newestFirst, firstPage(options.limit));
      const write = options.json === true ? sessionJson : sessionLine;
      for (const session of page.items) process.stdout.write(`${write(session)}\n`);
    });

/** A session as the plain object that `--json` prints: times as RFC 3339. */
export const sessionJson = (session: Session): string => {
  const {
    startedAtMs,
    lastSeenAtMs,
    endedAtMs,
    durationMs,
    position: _position,
    revision: _revision,
    ...rest
  } = session;
  const time = (timeMs: number): string => new Date(timeMs).toISOString();
  return JSON.stringify({
    ...rest,
    startedAt: time(startedAtMs),
    lastSeenAt: time(lastSeenAtMs),
    endedAt: endedAtMs === null ? null : time(endedAtMs),
    durationSeconds: durationMs / 1000,
  });
};

const sessionLine = (session: Session): string =>
  [
    new Date(session.startedAtMs).toISOString().slice(0, 19).replace('T', ' '),
    session.sessionId,
    session.status.padEnd(7),
    session.protocol.padEnd(10),
    printable(session.user.identity).padEnd(32),
    printable(session.socket.name).padEnd(24),
    `${(session.durationMs / 1000).toFixed(1)} s`,
  ].join('  ');
