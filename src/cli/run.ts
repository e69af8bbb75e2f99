import { Command, CommanderError } from 'commander';
import { CatalogNotOpened } from '../store/catalog/prepare-database.ts';
import { NewerDataFolder, OlderDataFolder } from '../store/catalog/migrate.ts';
import { DataFolderInUse } from '../store/data-folder-lock.ts';
import { Refusal } from '../model/errors.ts';
import { version } from './assets.ts';
import { auditCommand } from './audit.ts';
import { exitCodes, UsageError } from './exit-code.ts';
import { exportCommand } from './export.ts';
import { feedingOptions } from './feeding-settings.ts';
import { geoipOption } from './geoip-settings.ts';
import { importCommand } from './import.ts';
import { listCommand } from './list.ts';
import { networkOptions } from './network-settings.ts';
import { printable } from './printable.ts';
import { recordCommand } from './record.ts';
import { playCommand } from './play.ts';
import { reindexCommand } from './reindex.ts';
import type { ServeOptions } from './serve.ts';
import { adminTokenFileOption, dataOption, logLevelOption, refuseUnknownSettings } from './settings.ts';
import { showCommand } from './show.ts';
import { signInOptions } from './sign-in-settings.ts';
import { trustedDocumentsOption } from './trusted-documents.ts';
import { tokenCommand } from './token.ts';
import { verifyCommand } from './verify.ts';

/** Ends what runs: the first signal asks, a second one does not wait. */
const interruptible = (): { readonly signal: AbortSignal } & Disposable => {
  const interrupt = new AbortController();
  const ask = (): void => {
    interrupt.abort();
    // Without a listener of ours the next signal ends the process as the system does it.
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, ask);
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, ask);
  return {
    signal: interrupt.signal,
    [Symbol.dispose]: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, ask);
    },
  };
};

const serveCommand = (signal: AbortSignal): Command => {
  const command = new Command('serve')
    .description('serve a data folder: GraphQL, REST and downloads')
    .addOption(dataOption())
    .addOption(logLevelOption())
    .addOption(adminTokenFileOption())
    .option('--demo', 'take in the samples, and replay some of them as live sessions');
  for (const option of [
    ...networkOptions(),
    ...feedingOptions(),
    ...signInOptions(),
    trustedDocumentsOption(),
    geoipOption(),
  ])
    command.addOption(option);
  return command.action(async (options: ServeOptions) => {
    // NOTE the server's packages take half of the time to start, and no other verb needs them.
    const { serve } = await import('./serve.ts');
    await serve(options, signal);
  });
};

const programOf = (signal: AbortSignal, setExitCode: (code: number) => void): Command => {
  const program = new Command('reeltime')
    .description('A session log: who connected to what, from where, when, and what happened.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .showSuggestionAfterError();
  const verbs = [
    serveCommand(signal),
    recordCommand(signal, setExitCode),
    importCommand(signal, setExitCode),
    listCommand(signal),
    showCommand(signal),
    playCommand(signal),
    exportCommand(signal),
  ];
  const checking = [verifyCommand(setExitCode), reindexCommand(signal, setExitCode)];
  const access = [tokenCommand(), auditCommand(signal, setExitCode)];
  for (const verb of [...verbs, ...checking, ...access]) program.addCommand(verb);
  for (const command of everyCommand(program)) command.exitOverride();
  return program;
};

/** A command and those within it. */
const everyCommand = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(everyCommand)];

/** Runs one verb. @returns the exit code */
export const run = async (words: readonly string[]): Promise<number> => {
  // What this program writes is for its user alone.
  process.umask(0o077);
  using interrupt = interruptible();
  let exitCode: number = exitCodes.done;
  const program = programOf(interrupt.signal, (code) => {
    exitCode = code;
  });
  try {
    refuseUnknownSettings(program, process.env);
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return fail(error);
  }
};

const fail = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const message = error instanceof Error ? error.message : String(error);
  // A server may have chosen the words.
  process.stderr.write(`reeltime: ${message.split('\n').map(printable).join('\n')}\n`);
  if (error instanceof UsageError) return error.exitCode;
  if (error instanceof DataFolderInUse) return exitCodes.inUse;
  if (error instanceof NewerDataFolder || error instanceof OlderDataFolder || error instanceof CatalogNotOpened) {
    return exitCodes.otherVersion;
  }
  if (!(error instanceof Refusal) && process.env['NODE_DEBUG'] !== undefined) console.error(error);
  return exitCodes.failed;
};
