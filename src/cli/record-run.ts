import { commandPath } from './command-path.ts';
import { exitCodes, UsageError } from './exit-code.ts';
import { PersonsTerminal } from './persons-terminal.ts';
import { sendSpooled } from './record-feeding.ts';
import { recordServer } from './record-server.ts';
import { messageOf, Recorder, type RecordOptions, shownRefusal } from './recorder.ts';
import { defaultSpoolFolder, provideSpoolFolder } from './spool-folder.ts';

/** Runs a command, and records it. @returns the command's exit code @throws UsageError */
export const record = async (words: readonly string[], options: RecordOptions): Promise<number> => {
  const [command, ...args] = words;
  if (command === undefined) throw new UsageError('give a command to record, after --');
  const file = commandPath(command, process.env);
  const ending = new AbortController();
  const server = recordServer(options, process.env['REELTIME_TOKEN'], ending.signal);
  const recorder = new Recorder(server, options, () => ending.abort());
  try {
    const isRecorded = await recorder.begin();
    if (!isRecorded && options.strict === true) return exitCodes.failed;
    return await recorder.run(file, args);
  } finally {
    await recorder[Symbol.asyncDispose]();
  }
};

/** Sends what earlier runs could not. @returns the exit code */
export const sendSpooledSessions = async (options: RecordOptions, signal: AbortSignal): Promise<number> => {
  const server = recordServer(options, process.env['REELTIME_TOKEN'], signal);
  const folder = provideSpoolFolder(options.spool ?? defaultSpoolFolder(process.env));
  const counts = { sent: 0, kept: 0, refused: 0 };
  for await (const outcome of sendSpooled(server, folder, signal)) {
    counts[outcome.kind] += 1;
    if (outcome.kind === 'kept') PersonsTerminal.say(`kept ${outcome.sessionId}: ${messageOf(outcome.error)}`);
    if (outcome.kind === 'refused') PersonsTerminal.say(shownRefusal(outcome));
  }
  process.stderr.write(`${counts.sent} sent, ${counts.kept} kept, ${counts.refused} refused\n`);
  return counts.kept + counts.refused > 0 ? exitCodes.failed : exitCodes.done;
};
