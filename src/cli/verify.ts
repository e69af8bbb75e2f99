import { Command } from 'commander';
import { seesAll } from '../model/access.ts';
import { NotFound } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import { parseSessionId } from '../model/parse-id.ts';
import { everySession, newestFirst } from '../model/session-filter.ts';
import { firstPage, type PageRequest } from '../model/page.ts';
import { sessionKey, sessionOrderName } from '../model/session-order.ts';
import { PAGE_ITEMS_MAX } from '../model/limits.ts';
import { openReadingRoom, type ReadingRoom } from './compose.ts';
import { dataFolderAt } from './data-folder.ts';
import { exitCodes } from './exit-code.ts';
import { dataOption } from './settings.ts';

/** `reeltime verify`: reads recordings from disk and recomputes their chains. */
export const verifyCommand = (setExitCode: (code: number) => void): Command =>
  new Command('verify')
    .description('read recordings from disk and check every chunk, the chain and the signature')
    .argument('[session...]', 'UUIDs of sessions; all of them when none is given')
    .addOption(dataOption())
    .action(async (words: readonly string[], options: { readonly data: string }) => {
      await using room = openReadingRoom(dataFolderAt(options.data));
      const counts = { good: 0, bad: 0, unknownKey: 0 };
      const sessions = words.length === 0 ? allSessions(room) : words.map((word) => parseSessionId(word));
      for await (const sessionId of sessions) await verifySession(room, sessionId, counts);
      const others = counts.unknownKey === 0 ? '' : `, ${counts.unknownKey} are signed by a key that is not there`;
      process.stdout.write(`${counts.good} recordings hold, ${counts.bad} do not${others}\n`);
      if (counts.bad + counts.unknownKey > 0) setExitCode(exitCodes.failed);
    });

async function* allSessions({ catalog }: ReadingRoom): AsyncGenerator<SessionId> {
  let request: PageRequest = firstPage(PAGE_ITEMS_MAX);
  for (;;) {
    const page = await catalog.sessions(seesAll, everySession, newestFirst, request);
    for (const { sessionId } of page.items) yield sessionId;
    const last = page.items.at(-1);
    if (last === undefined || !page.hasNextPage) return;
    request = { ...request, after: { order: sessionOrderName(newestFirst), key: sessionKey(last, newestFirst) } };
  }
}

const verifySession = async (
  { catalog, reader }: ReadingRoom,
  sessionId: SessionId,
  counts: { good: number; bad: number; unknownKey: number },
): Promise<void> => {
  if ((await catalog.session(seesAll, sessionId)) === null) throw new NotFound(`no such session: ${sessionId}`);
  const { items } = await catalog.recordings(seesAll, sessionId, firstPage(PAGE_ITEMS_MAX));
  for (const { recordingId } of items) {
    const verdict = await reader.verify(seesAll, recordingId);
    if (verdict?.ok === false) process.stdout.write(`${recordingId}: ${verdict.message}\n`);
    if (verdict?.ok === true) counts.good += 1;
    else if (verdict !== null && verdict.unknownKeyId !== null) counts.unknownKey += 1;
    else counts.bad += 1;
  }
};
