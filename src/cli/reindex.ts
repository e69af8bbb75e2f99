import { Command } from 'commander';
import type { RestorationOutcome } from '../upkeep/restoration.ts';
import { restoreRecordings } from '../upkeep/restoration.ts';
import { openInstallation } from './compose.ts';
import { dataFolderAt } from './data-folder.ts';
import { exitCodes } from './exit-code.ts';
import { FileProgress } from './file-progress.ts';
import { makeLog } from './log.ts';
import { printable } from './printable.ts';
import { dataOption } from './settings.ts';

type ReindexOptions = { readonly data: string; readonly quiet?: boolean };

/** `reeltime reindex`: what only the recordings' files know, back into the catalog. */
export const reindexCommand = (signal: AbortSignal, setExitCode: (code: number) => void): Command =>
  new Command('reindex')
    .description(
      "put into the catalog what only the recordings' files know: after the catalog was lost, or an older copy of it was put back",
    )
    .addOption(dataOption())
    .option('-q, --quiet', 'show no progress')
    .addHelpText(
      'after',
      `
Copies of the catalog are in the data folder, in copies/. To put one back while nothing else uses the folder, delete
catalog.db, catalog.db-wal and catalog.db-shm, copy it to catalog.db, and run this. Without a copy, sessions without
recordings, session events, tokens and the audit log are lost, and seals are by a key that the new catalog does not have.`,
    )
    .action(async (options: ReindexOptions) => {
      const counts = await reindex(options, signal);
      if (counts.refused > 0 || signal.aborted) setExitCode(exitCodes.failed);
    });

const reindex = async (options: ReindexOptions, signal: AbortSignal): Promise<Counts> => {
  await using installation = await openInstallation(dataFolderAt(options.data), makeLog('warn'));
  const { catalog: reader, writer, files, closer } = installation;
  const counts: Counts = { recordings: 0, sessions: 0, known: 0, refused: 0, unknownKey: 0 };
  {
    using progress = new FileProgress('reindexing', process.stderr, options.quiet === true);
    const listener = {
      found: (sizeBytes: number) => progress.found(sizeBytes),
      read: (bytes: number) => progress.read(bytes),
      done: (locator: string, outcome: RestorationOutcome) => {
        count(counts, outcome);
        progress.done(locator);
        for (const remark of remarksOn(outcome)) process.stderr.write(`${printable(`${locator}: ${remark}`)}\n`);
      },
    };
    await restoreRecordings({ reader, writer, files, clock: () => Date.now() }, listener, signal);
    await closer.settled();
  }
  process.stderr.write(
    `${signal.aborted ? `interrupted: ${summary(counts)}; run it again to go on` : summary(counts)}\n`,
  );
  return counts;
};

type Counts = { recordings: number; sessions: number; known: number; refused: number; unknownKey: number };

const count = (counts: Counts, outcome: RestorationOutcome): void => {
  if (outcome.kind !== 'restored') {
    counts[outcome.kind] += 1;
    return;
  }
  counts.recordings += 1;
  counts.sessions += outcome.isNewSession ? 1 : 0;
  counts.unknownKey += outcome.unknownKeyId === null ? 0 : 1;
};

/** What people should know of a file; nothing when it went in as it was. */
const remarksOn = (outcome: RestorationOutcome): readonly string[] => {
  if (outcome.kind === 'known') return [];
  if (outcome.kind === 'refused') return [`left where it is: ${outcome.reason}`];
  const { state, stateReason, restBytes } = outcome;
  return [
    ...(state === 'COMPLETE' ? [] : [`restored as ${state}${stateReason === null ? '' : `: ${stateReason}`}`]),
    ...(restBytes === 0 ? [] : [`${restBytes} bytes at its end are no whole chunk: the next start sets them aside`]),
  ];
};

const summary = ({ recordings, sessions, known, refused, unknownKey }: Counts): string => {
  const keys = unknownKey === 0 ? '' : `; ${unknownKey} are sealed by a key that this installation does not have`;
  return `${recordings} recordings and ${sessions} sessions restored, ${known} known, ${refused} refused${keys}`;
};
