import { sudoStreams } from './sudo-timing.ts';

/** The file of an I/O log that says what was run: the one it is taken in by. `log.json` says more. */
const logNames = ['log.json', 'log'];
const partNames: ReadonlySet<string> = new Set(['timing', ...sudoStreams]);
const compressions = ['', '.gz'];

/** What stands before the last `__` of a name: parts of several logs may lie in one folder. */
const prefixOf = (name: string): string => /^(?:.*__)?/s.exec(name)?.[0] ?? '';

/** Whether a file is named as the log of an I/O log. */
export const isSudoLogName = (name: string): boolean => logNames.includes(name.slice(prefixOf(name).length));

/** The names that a part of the same I/O log may have: its files may each be compressed. */
export const partNamesOf = (logName: string, part: string): readonly string[] =>
  compressions.map((ending) => prefixOf(logName) + part + ending);

/** The logs that a file of this name may be a part of: none for other names. */
export const logNamesOf = (name: string): readonly string[] => {
  const prefix = prefixOf(name);
  const part = name.slice(prefix.length).replace(/\.gz$/, '');
  if (part === 'log') return [`${prefix}log.json`];
  return partNames.has(part) ? logNames.map((log) => prefix + log) : [];
};
