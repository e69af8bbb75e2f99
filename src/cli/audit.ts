import { Command, InvalidArgumentError, Option } from 'commander';
import { type AuditAction, auditActions, type AuditEntry } from '../model/audit.ts';
import { firstPage } from '../model/page.ts';
import { openAccessDoor } from './access-door.ts';
import { openReadingRoom } from './compose.ts';
import { dataFolderAt } from './data-folder.ts';
import { EntryProgress } from './entry-progress.ts';
import { exitCodes } from './exit-code.ts';
import { readMoment, shownMoment } from './moment.ts';
import { printable } from './printable.ts';
import { dataOption } from './settings.ts';

/** `reeltime audit`: who did what here. Reading goes beside a running server. */
export const auditCommand = (signal: AbortSignal, setExitCode: (code: number) => void): Command =>
  new Command('audit')
    .description('read and check the log of who did what')
    .addCommand(listCommand())
    .addCommand(verifyCommand(signal, setExitCode))
    .addCommand(forgetCommand());

type ListOptions = {
  readonly data: string;
  readonly actor?: string;
  readonly action?: readonly AuditAction[];
  readonly target?: string;
  readonly since?: number;
  readonly limit: number;
  readonly json?: boolean;
};

const LIMIT_MAX = 1000;

const readLimit = (text: string): number => {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new InvalidArgumentError(`must be a whole number from 1 to ${LIMIT_MAX}`);
  }
  return limit;
};

const listCommand = (): Command =>
  new Command('list')
    .description('list the newest entries')
    .option('--actor <name>', 'who, by the whole name')
    .addOption(new Option('--action <action...>', 'what they did').choices(auditActions))
    .option('--target <target>', 'what it was done to, such as "session 93227a7e-8724-4be5-a5c5-2729f615ac50"')
    .addOption(new Option('--since <when>', 'from when on, such as 7d or 2026-11-22').argParser(readMoment(-1)))
    .addOption(new Option('--limit <count>', 'how many').default(20).argParser(readLimit))
    .option('--json', 'print a line of JSON for each')
    .addOption(dataOption())
    .action(async (options: ListOptions) => {
      await using room = openReadingRoom(dataFolderAt(options.data));
      const filter = {
        actor: options.actor ?? null,
        actions: options.action ?? null,
        target: options.target ?? null,
        fromMs: options.since ?? null,
        beforeMs: null,
      };
      const page = await room.catalog.auditEntries(filter, firstPage(options.limit));
      const write = options.json === true ? entryJson : entryLine;
      for (const entry of page.items) process.stdout.write(`${write(entry)}\n`);
    });

const entryJson = ({ atMs, hash, ...entry }: AuditEntry): string =>
  JSON.stringify({ at: new Date(atMs).toISOString(), ...entry, hash: Buffer.from(hash).toString('hex') });

const entryLine = ({ position, atMs, actor, action, target, ip, details }: AuditEntry): string =>
  printable(
    [
      String(position).padStart(6),
      shownMoment(atMs),
      actor.padEnd(24),
      action.padEnd(20),
      target ?? '-',
      ip ?? '-',
      ...(details === null ? [] : [JSON.stringify(details)]),
    ].join('  '),
  );

type Head = { readonly position: number; readonly hash: Uint8Array };

const readHead = (text: string): Head => {
  const [, position, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (position === undefined || hash === undefined) {
    throw new InvalidArgumentError('must be POSITION:HASH, as an earlier run printed it');
  }
  return { position: Number(position), hash: Uint8Array.from(Buffer.from(hash, 'hex')) };
};

const verifyCommand = (signal: AbortSignal, setExitCode: (code: number) => void): Command =>
  new Command('verify')
    .description('read the whole log, and find whatever was changed in it')
    .addOption(
      new Option('--head <position:hash>', 'the head that an earlier run printed, which must still be in it').argParser(
        readHead,
      ),
    )
    .option('-q, --quiet', 'show no progress')
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
Keep the head that it prints where nobody who can write to the data folder can change it. With it, a later run also finds
a log that was cut off, or written anew, by somebody who knows how it is made.`,
    )
    .action(async (options: { readonly data: string; readonly head?: Head; readonly quiet?: boolean }) => {
      await using room = openReadingRoom(dataFolderAt(options.data));
      using progress = new EntryProgress(process.stderr, options.quiet === true);
      const tell = (readCount: number, entryCount: number): void => progress.read(readCount, entryCount);
      const verdict = await room.catalog.verifyAudit(options.head ?? null, tell, signal);
      progress[Symbol.dispose]();
      process.stdout.write(`${verdict.message}\n`);
      if (verdict.ok) {
        process.stdout.write(`head ${verdict.headPosition}:${Buffer.from(verdict.headHash).toString('hex')}\n`);
      } else setExitCode(exitCodes.failed);
    });

const forgetCommand = (): Command =>
  new Command('forget')
    .description('cut a name, and the addresses that it came from, loose from the log; the log itself stays whole')
    .argument('<name>', 'the whole name')
    .addOption(dataOption())
    .action(async (name: string, options: { readonly data: string }) => {
      const folder = dataFolderAt(options.data);
      await using door = await openAccessDoor(folder);
      await door.forgetPerson(name);
      process.stderr.write(
        `forgotten; copies of the catalog in ${printable(folder.copies)} have the name until newer ones take their place\n`,
      );
    });
