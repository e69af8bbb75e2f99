import { type Command, Option } from 'commander';
import type { ServerParts } from '../client/server-calls.ts';
import { dataFolderAt } from './data-folder.ts';
import { UsageError } from './exit-code.ts';
import { openLocalReadingDoor, openRemoteReadingDoor, type ReadingDoor } from './reading-door.ts';
import { readToken, serverAddress } from './record-server.ts';
import { dataOption } from './settings.ts';

/** Where a verb that reads looks. */
export type ReadingOptions = { readonly data: string; readonly server?: string; readonly tokenFile?: string };

/** The command with the options that say where to look. */
export const withReadingOptions = (command: Command): Command =>
  command
    .addOption(dataOption())
    .addOption(new Option('--server <url>', 'read from this server, instead of the data folder').env('REELTIME_SERVER'))
    .addOption(
      new Option('--token-file <file>', 'a file that holds a token of that server; otherwise REELTIME_TOKEN').env(
        'REELTIME_TOKEN_FILE',
      ),
    );

/**
 * The server that the words ask for; null: the data folder. A folder on the command line wins over a server in the environment.
 * @throws UsageError when both are on the command line, or the address or the token are wrong
 */
export const readingServerOf = (command: Command): ServerParts | null => {
  const { server, tokenFile } = command.opts<ReadingOptions>();
  const isFolderSaid = command.getOptionValueSource('data') === 'cli';
  const isServerSaid = command.getOptionValueSource('server') === 'cli';
  if (isFolderSaid && isServerSaid) throw new UsageError('either --data or --server: a verb reads from one of them');
  if (server === undefined || isFolderSaid) return null;
  const url = serverAddress(server);
  const token = tokenFile === undefined ? (process.env['REELTIME_TOKEN'] ?? '') : readToken(tokenFile);
  if (token === '') throw new UsageError('--server needs --token-file, or REELTIME_TOKEN in the environment');
  return { url, token };
};

/** The door that the words ask for. @throws UsageError */
export const readingDoorOf = (command: Command): ReadingDoor => {
  const server = readingServerOf(command);
  if (server !== null) return openRemoteReadingDoor(server);
  return openLocalReadingDoor(dataFolderAt(command.opts<ReadingOptions>().data));
};
