import { Command, InvalidArgumentError, Option } from 'commander';
import type { ReadSession } from '../client/read-session.ts';
import type { SessionOrder, SessionOrderField } from '../model/session-filter.ts';
import { printable, printableJson } from './printable.ts';
import { print } from './print.ts';
import type { ReadingDoor } from './reading-door.ts';
import { readingDoorOf, withReadingOptions } from './reading-options.ts';
import { csvHead, sessionCsv } from './session-csv.ts';
import { type FilterOptions, filterOf, withFilterOptions } from './session-filter-options.ts';
import { sessionObject } from './session-json.ts';
import { sessionLine, SessionTable } from './session-table.ts';

type ListOptions = FilterOptions & {
  readonly order: string;
  readonly asc?: boolean;
  readonly limit: number;
  readonly all?: boolean;
  readonly after?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
};

const LIMIT_MAX = 1000;
/** Sessions that are asked for together. */
const PAGE_ITEMS = 100;

const readLimit = (text: string): number => {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new InvalidArgumentError(`must be a whole number from 1 to ${LIMIT_MAX}`);
  }
  return limit;
};

const orders: Readonly<Record<string, SessionOrderField>> = {
  started: 'STARTED_AT',
  'last-seen': 'LAST_SEEN_AT',
  duration: 'DURATION',
};

const columnsOfCsv = `
--csv has a line of names and then, for each session: session_id, started_at, last_seen_at, ended_at, duration_seconds,
status, protocol, upstream, user_identity, user_email, user_name, is_service_account, socket_id, socket_name, client_ip,
client_port, client_software, client_city, client_country_code, server_name, server_port, ssh_user, auth_info, deny_reason,
attempt_count, end_reason, killed, kill_requested_at, kill_requested_by, kill_reason, recording_state,
recording_state_reason. A text that a spreadsheet would take for a formula has a ' before it.`;

/** `reeltime list`: sessions, of a data folder or a server. */
export const listCommand = (signal: AbortSignal): Command =>
  withFilterOptions(withReadingOptions(new Command('list').description('list sessions, the newest first')))
    .addOption(new Option('--order <by>', 'by what').choices(Object.keys(orders)).default('started'))
    .option('--asc', 'the oldest, or shortest, first')
    .addOption(new Option('--limit <count>', 'how many').default(20).argParser(readLimit))
    .option('--all', 'all of them, however many')
    .option('--after <cursor>', 'go on after this place, which an earlier list printed on standard error')
    .addOption(new Option('--json', 'print a line of JSON for each').conflicts('csv'))
    .option('--csv', 'print comma-separated values, for spreadsheets')
    .addHelpText('after', columnsOfCsv)
    .action(async (options: ListOptions, command: Command) => {
      await using door = readingDoorOf(command);
      const order: SessionOrder = {
        field: orders[options.order] ?? 'STARTED_AT',
        direction: options.asc === true ? 'ASC' : 'DESC',
      };
      const listed: Listed = { cursor: options.after ?? null };
      await print(linesOf(door, options, order, listed), signal);
      if (listed.cursor !== null) process.stderr.write(`there are more: --after ${printable(listed.cursor)}\n`);
    });

/** Where the list has come to: the cursor to go on after; null at its end. */
type Listed = { cursor: string | null };

async function* linesOf(
  door: ReadingDoor,
  options: ListOptions,
  order: SessionOrder,
  listed: Listed,
): AsyncGenerator<string, void, void> {
  const { head, line } = linesFor(options);
  if (head !== null) yield head;
  let left = options.all === true ? Infinity : options.limit;
  do {
    const page = await door.sessions(filterOf(options), order, Math.min(left, PAGE_ITEMS), listed.cursor);
    for (const session of page.sessions) yield line(session);
    left -= page.sessions.length;
    listed.cursor = page.nextCursor;
  } while (listed.cursor !== null && left > 0);
}

type Lines = { readonly head: string | null; readonly line: (session: ReadSession) => string };

const linesFor = ({ json, csv }: ListOptions): Lines => {
  if (json === true)
    return { head: null, line: (session) => `${printableJson(JSON.stringify(sessionObject(session)))}\n` };
  if (csv === true) return { head: csvHead(), line: sessionCsv };
  if (!process.stdout.isTTY) return { head: null, line: (session) => `${sessionLine(session)}\n` };
  const table = new SessionTable(process.stdout.columns);
  return { head: `${table.head()}\n`, line: (session) => `${table.line(session)}\n` };
};
