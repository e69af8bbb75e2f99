import { Command } from 'commander';
import { seesAll } from '../model/access.ts';
import { NotFound } from '../model/errors.ts';
import { parseSessionId } from '../model/parse-id.ts';
import { firstPage } from '../model/page.ts';
import { openReadingRoom } from './compose.ts';
import { dataFolderAt } from './data-folder.ts';
import { sessionJson } from './list.ts';
import { printable } from './printable.ts';
import { dataOption } from './settings.ts';

/** `reeltime show`: one session and what is known of it. */
export const showCommand = (): Command =>
  new Command('show')
    .description('show one session, its recordings and its story')
    .argument('<session>', "the session's UUID")
    .addOption(dataOption())
    .action(async (word: string, options: { readonly data: string }) => {
      await using room = openReadingRoom(dataFolderAt(options.data));
      const session = await room.catalog.session(seesAll, parseSessionId(word));
      if (session === null) throw new NotFound('no such session');
      const fields = JSON.parse(sessionJson(session)) as Record<string, unknown>;
      for (const [name, value] of Object.entries(fields)) {
        if (value !== null) print(`${name.padEnd(22)}${typeof value === 'string' ? value : JSON.stringify(value)}`);
      }
      const recordings = await room.catalog.recordings(seesAll, session.sessionId, firstPage(100));
      for (const { recordingId, kind, state, eventCount, durationMs, storedSize } of recordings.items) {
        print(
          `recording  ${recordingId}  ${kind}  ${state}  ${eventCount} events  ${durationMs / 1000} s  ${storedSize} bytes`,
        );
      }
      const events = await room.catalog.sessionEvents(seesAll, session.sessionId, null, firstPage(100));
      for (const event of events.items) {
        print(`${new Date(event.atMs).toISOString()}  ${event.kind.padEnd(15)}  ${event.message}`);
      }
    });

const print = (line: string): void => {
  process.stdout.write(`${printable(line)}\n`);
};
