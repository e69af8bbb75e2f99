import { Command } from 'commander';
import { NotFound } from '../model/errors.ts';
import { parseSessionId } from '../model/parse-id.ts';
import { print } from './print.ts';
import { printable, printableJson } from './printable.ts';
import { readingDoorOf, withReadingOptions } from './reading-options.ts';
import { recordingObject, sessionObject, storyEventObject } from './session-json.ts';

/** `reeltime show`: one session and what is known of it, of a data folder or a server. */
export const showCommand = (signal: AbortSignal): Command =>
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
      const lines =
        json === true
          ? [printableJson(JSON.stringify({ ...sessionObject(session), recordings, events }))]
          : [...fieldLines(sessionObject(session)), ...recordings.map(recordingLine), ...events.map(storyLine)];
      await print(
        lines.map((line) => `${line}\n`),
        signal,
      );
    });

const fieldLines = (fields: object): readonly string[] =>
  Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) =>
      printable(`${name.padEnd(22)}${typeof value === 'string' ? value : JSON.stringify(value)}`),
    );

type RecordingFields = ReturnType<typeof recordingObject>;
const recordingLine = ({
  recordingId,
  kind,
  state,
  eventCount,
  durationSeconds,
  storedSize,
}: RecordingFields): string =>
  printable(
    `recording  ${recordingId}  ${kind}  ${state}  ${eventCount} events  ${durationSeconds} s  ${storedSize} bytes`,
  );

const storyLine = ({ at, kind, message }: ReturnType<typeof storyEventObject>): string =>
  printable(`${at}  ${kind.padEnd(15)}  ${message}`);

const each = async <Item, Shown>(
  items: AsyncIterable<Item>,
  show: (item: Item) => Shown,
): Promise<readonly Shown[]> => {
  const shown: Shown[] = [];
  for await (const item of items) shown.push(show(item));
  return shown;
};
