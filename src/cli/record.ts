import { Command, InvalidArgumentError, Option } from 'commander';
import { LEASE_MS, NAME_LENGTH_MAX } from '../model/limits.ts';
import { sessionProtocols } from '../model/session.ts';
import type { RecordOptions } from './recorder.ts';
import { dataOption } from './settings.ts';

/** A session whose server is away is ended after this long with --strict, unless told otherwise. */
const AWAY_SECONDS = 30;
/** A quiet session says that it lives this often, unless told otherwise: two may be lost before the usual lease runs out. */
const HEARTBEAT_SECONDS = LEASE_MS / 3 / 1000;
/** MiB of one session that wait for its server, unless told otherwise. */
const SPOOL_MEBIBYTES = 256;

const above =
  (least: number): ((text: string) => number) =>
  (text) => {
    const value = Number(text);
    if (!Number.isFinite(value) || value < least) throw new InvalidArgumentError(`must be a number, at least ${least}`);
    return value;
  };

/** Said at once: the server that refuses it may be away for days. */
const name = (text: string): string => {
  if (text.trim() === '' || text.length > NAME_LENGTH_MAX) {
    throw new InvalidArgumentError(`must have 1 to ${NAME_LENGTH_MAX} characters`);
  }
  return text;
};

const exitStatus = `
The exit status is the command's; 128 and the signal's number when a signal ended it or this program; 137 when the
session was killed, or --strict ended it; 126 and 127 for a command that cannot be executed or is not there. The token
comes from --token, --token-file or REELTIME_TOKEN; without --server the running server of the data folder is used, without one.`;

/** `reeltime record`: a command in a terminal, as a session. */
export const recordCommand = (signal: AbortSignal, setExitCode: (code: number) => void): Command =>
  new Command('record')
    .description('run a command in a terminal and record it as a session, while it runs')
    .argument('[command...]', 'the command and its words, after --')
    .addOption(new Option('--server <url>', 'the server to record to').env('REELTIME_SERVER'))
    .addOption(new Option('--token-file <file>', 'a file that holds its token').env('REELTIME_TOKEN_FILE'))
    .option('--token <token>', 'its token; others on this machine can read it: a file, or REELTIME_TOKEN, is safer')
    .addOption(dataOption())
    .option('--user <identity>', 'who; the login name and host when absent', name)
    .option('--socket <name>', 'what: the resource; the host name when absent', name)
    .addOption(new Option('--protocol <protocol>', 'what kind of session').choices(sessionProtocols).default('SSH'))
    .option('--upstream <name>', 'what stands behind the protocol', 'local')
    .option('--input', 'record what is typed, too: it holds passwords')
    .option('--strict', 'no command without recording: it does not begin, or is ended, when the server is away')
    .addOption(
      new Option('--away <seconds>', 'with --strict: how long the server may be away')
        .argParser(above(0))
        .default(AWAY_SECONDS),
    )
    .addOption(
      new Option(
        '--spool <folder>',
        'where is kept what the server has not taken; in the state folder when absent',
      ).env('REELTIME_SPOOL'),
    )
    .addOption(
      new Option('--spool-max <mebibytes>', 'how much of the session is kept while the server is away')
        .argParser(above(0))
        .default(SPOOL_MEBIBYTES),
    )
    .addOption(
      new Option(
        '--heartbeat <seconds>',
        "how often a quiet session says that it lives: less than the server's --lease",
      )
        .argParser(above(0.1))
        .default(HEARTBEAT_SECONDS),
    )
    .option('--send-spooled', 'send what earlier runs could not, and end')
    .addHelpText('after', exitStatus)
    .action(async (words: readonly string[], options: RecordOptions) => {
      // NOTE other verbs do without the packages behind it.
      const { record, sendSpooledSessions } = await import('./record-run.ts');
      const isSending = options.sendSpooled === true;
      setExitCode(isSending ? await sendSpooledSessions(options, signal) : await record(words, options));
    });
