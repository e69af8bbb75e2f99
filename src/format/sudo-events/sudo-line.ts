import { nothingKnown, type SudoCommand } from '../sudo-iolog/sudo-log.ts';

/** What sudo wrote of a command in a line of text (sudoers(5), "Log format"). */
export type SudoLine = {
  /** Why it was not run; null when it was. */
  readonly denyReason: string | null;
  /** Whether it is told when the command has ended: its status is in the command. */
  readonly isExit: boolean;
  readonly command: SudoCommand;
  /** Names the command's session within sudo's I/O logs. */
  readonly logId: string | null;
};

const fieldPattern = /^(HOST|TTY|PWD|CWD|CHROOT|USER|GROUP|TSID|ENV)=(.*)$/s;
/** What is kept of a command. */
const COMMAND_LENGTH_MAX = 8192;

/** What is put behind the command when it has ended. */
const exitPattern = /(?: ; SIGNAL=(\w{1,16}))? ; EXIT=(\d{1,3})$/;

/**
 * @param text the message, without time and program: `user : reason ; TTY=… ; PWD=… ; USER=… ; COMMAND=…`, where user and reason
 *   may be missing. @returns null for what is no such line
 */
export const readSudoLine = (text: string): SudoLine | null => {
  const at = /(?:^| ; |: )COMMAND=/.exec(text);
  if (at === null) return null;
  const commandText = text.slice(at.index + at[0].length);
  const exit = exitPattern.exec(commandText);
  const [, user, rest] = /^\s*([^\s;=]{1,256}) : (.*)$/s.exec(text.slice(0, at.index)) ?? [];
  const fields = new Map<string, string>();
  const reasons: string[] = [];
  for (const part of (rest ?? text.slice(0, at.index)).split(' ; ')) {
    const [, name, value = ''] = fieldPattern.exec(part.trim()) ?? [];
    if (name !== undefined) fields.set(name, value);
    else if (part.trim() !== '') reasons.push(part.trim());
  }
  if (!fields.has('USER') && !fields.has('TTY') && !fields.has('PWD')) return null;
  const said = (name: string): string | null => fields.get(name) ?? null;
  const tty = said('TTY');
  return {
    denyReason: reasons.length === 0 ? null : reasons.join('; '),
    isExit: exit !== null,
    logId: said('TSID'),
    command: {
      ...nothingKnown,
      submitUser: user ?? null,
      submitHost: said('HOST'),
      submitDirectory: said('CWD') ?? said('PWD'),
      runUser: said('USER'),
      runGroup: said('GROUP'),
      terminal: tty === null || tty === 'unknown' ? null : `/dev/${tty.replace(/^\/dev\//, '')}`,
      command: unescaped(commandText.slice(0, Math.min(exit?.index ?? Infinity, COMMAND_LENGTH_MAX))),
      exitStatus: exit === null ? null : Number(exit[2]),
      signal: exit?.[1] ?? null,
    },
  };
};

/** sudo writes control characters, and the backslash, as `#` and three octal digits. */
const unescaped = (text: string): string =>
  text.replace(/#(0[0-3][0-7]|177)/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
