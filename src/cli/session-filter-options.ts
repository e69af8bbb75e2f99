import { type Command, InvalidArgumentError, Option } from 'commander';
import { InvalidInput } from '../model/errors.ts';
import { checkFilterText } from '../model/filter-text.ts';
import { parseIpRange } from '../model/ip-range.ts';
import { FILTER_VALUES_MAX, NAME_LENGTH_MAX } from '../model/limits.ts';
import { parseSocketId } from '../model/parse-id.ts';
import { recordingStates } from '../model/recording.ts';
import { everySession, type SessionFilter } from '../model/session-filter.ts';
import { sessionProtocols, sessionStatuses } from '../model/session.ts';
import { readMoment } from './moment.ts';

/** What the flags of a filter became: absent where there was none. */
export type FilterOptions = {
  readonly protocol?: SessionFilter['protocols'];
  readonly status?: SessionFilter['statuses'];
  readonly upstream?: readonly string[];
  readonly user?: readonly string[];
  readonly email?: readonly string[];
  readonly socketId?: SessionFilter['socketIds'];
  readonly socket?: readonly string[];
  readonly clientIp?: readonly string[];
  readonly country?: readonly string[];
  readonly recordingState?: SessionFilter['recordingStates'];
  readonly killed?: boolean;
  readonly from?: number;
  readonly before?: number;
  readonly minDuration?: number;
  readonly text?: string | null;
};

const unitMs: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Seconds, or a number with s, m, h or d behind it. @returns milliseconds */
export const readDuration = (text: string): number => {
  const [, count, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)([smhd]?)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('must be seconds, or such as 90s, 5m, 2h or 1d');
  return Math.round(Number(count) * (unitMs[unit] ?? 1000));
};

/** What a rule of the model refuses is the command line's mistake. */
const checked = <Value>(read: () => Value): Value => {
  try {
    return read();
  } catch (error) {
    throw error instanceof InvalidInput ? new InvalidArgumentError(error.message) : error;
  }
};

/** A flag that may be given again: each time one more value. */
const gathered =
  <Value>(read: (text: string) => readonly Value[]) =>
  (text: string, before: readonly Value[] | undefined): readonly Value[] => {
    const values = [...(before ?? []), ...read(text)];
    if (values.length > FILTER_VALUES_MAX) throw new InvalidArgumentError(`at most ${FILTER_VALUES_MAX} values`);
    return values;
  };

/** Words of a list, with commas between them, in either case. */
const wordsOf =
  <Word extends string>(known: readonly Word[]) =>
  (text: string): readonly Word[] =>
    text.split(',').map((each) => {
      const word = known.find((one) => one === each.trim().toUpperCase());
      if (word === undefined) throw new InvalidArgumentError(`must be of ${known.join(', ')}`);
      return word;
    });

const name = (text: string): readonly string[] => {
  if (text.length > NAME_LENGTH_MAX) throw new InvalidArgumentError(`at most ${NAME_LENGTH_MAX} characters`);
  return [text];
};

const address = (text: string): readonly string[] => {
  checked(() => parseIpRange(text, 'the address'));
  return [text];
};

const country = (text: string): readonly string[] => {
  if (!/^[a-z]{2}$/i.test(text)) throw new InvalidArgumentError('must be an ISO 3166 code of two letters, such as DE');
  return [text.toUpperCase()];
};

const again = '; may be given again';

const flag = <Value>(flags: string, meaning: string, read: (text: string, before: Value) => Value): Option =>
  new Option(flags, meaning).argParser(read);

/** The command with a flag for each field of SessionFilter. */
export const withFilterOptions = (command: Command): Command => {
  const flags = [
    flag('--protocol <names>', `${sessionProtocols.join(', ')}${again}`, gathered(wordsOf(sessionProtocols))),
    flag('--status <names>', `${sessionStatuses.join(', ')}${again}`, gathered(wordsOf(sessionStatuses))),
    flag('--upstream <name>', `what stands behind the protocol, such as ssh or mysql${again}`, gathered(name)),
    flag('--user <identity>', `who${again}`, gathered(name)),
    flag('--email <email>', `who, by email${again}`, gathered(name)),
    flag(
      '--socket-id <uuid>',
      `what${again}`,
      gathered((text) => [checked(() => parseSocketId(text, 'it'))]),
    ),
    flag('--socket <name>', `what, by its name of that time${again}`, gathered(name)),
    flag('--client-ip <address>', `where from: an address, or a block such as 192.0.2.0/24${again}`, gathered(address)),
    flag('--country <code>', `where from, by ISO 3166 code${again}`, gathered(country)),
    flag('--recording-state <names>', `${recordingStates.join(', ')}${again}`, gathered(wordsOf(recordingStates))),
    flag('--from <moment>', 'began then or later: RFC 3339, a date, or such as 2h or 7d ago', readMoment(-1)),
    flag('--before <moment>', 'began before then', readMoment(-1)),
    flag('--min-duration <time>', 'lasted so long: seconds, or such as 5m', readDuration),
    flag('--text <words>', 'words in who, what and where', (text) => checked(() => checkFilterText(text, 'the text'))),
  ];
  for (const option of flags) command.addOption(option);
  return command.option('--killed', 'a cut was asked for').option('--no-killed', 'no cut was asked for');
};

/** The filter that the flags ask for. */
export const filterOf = (options: FilterOptions): SessionFilter => ({
  ...everySession,
  protocols: options.protocol ?? null,
  statuses: options.status ?? null,
  upstreams: options.upstream ?? null,
  userIdentities: options.user ?? null,
  userEmails: options.email ?? null,
  socketIds: options.socketId ?? null,
  socketNames: options.socket ?? null,
  clientIps: options.clientIp ?? null,
  countryCodes: options.country ?? null,
  recordingStates: options.recordingState ?? null,
  startedFromMs: options.from ?? null,
  startedBeforeMs: options.before ?? null,
  minDurationMs: options.minDuration ?? null,
  killed: options.killed ?? null,
  text: options.text ?? null,
});
