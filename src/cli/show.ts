import { Command } from 'commander';
import { NotFound } from '../model/errors.ts';
import { parseSessionId } from '../model/parse-id.ts';
import { printable, printableJson } from './printable.ts';
import { readingDoorOf, withReadingOptions } from './reading-options.ts';
import { recordingObject, sessionObject, storyEventObject } from './session-json.ts';

/** `reeltime show`: one session and what is known of it, of a data folder or a server. */
export const showCommand = (): Command =>
  withReadingOptions(
    new Command('show')
      .description('show one session, its recordings and its story')
      .argument('<session>', "the session's UUID"),
  )
    .option('--json', 'print one JSON object')
    .action(async (word: string, { json }: { readonly json?: boolean }, command: Command) => {
      const sessionId = parseSessionId(word);
      await using door = readingDoorOf(command);
      const session = await door.session(sessionId);
      if (session === null) throw new NotFound('no such session');
      const recordings = await each(door.recordings(sessionId), recordingObject);
      const events = await each(door.story(sessionId), storyEventObject);
      if (json === true) {
        process.stdout.write(`${printableJson(JSON.stringify({ ...sessionObject(session), recordings, events }))}\n`);
        return;
      }
      for (const [name, value] of Object.entries(sessionObject(session))) {
        if (value !== null) print(`${name.padEnd(22)}${typeof value === 'string' ? value : JSON.stringify(value)}`);
      }
      for (const { recordingId, kind, state, eventCount, durationSeconds, storedSize } of recordings) {
        print(
          `recording  ${recordingId}  ${kind}  ${state}  ${eventCount} events  ${durationSeconds} s  ${storedSize} bytes`,
        );
      }
      for (const { at, kind, message } of events) print(`${at}  ${kind.padEnd(15)}  ${message}`);
    });

const print = (line: string): void => {
  process.stdout.write(`${printable(line)}\n`);
};

const each = async <Item, Shown>(
  items: AsyncIterable<Item>,
  show: (item: Item) => Shown,
): Promise<readonly Shown[]> => {
  const shown: Shown[] = [];
  for await (const item of items) shown.push(show(item));
  return shown;
};
