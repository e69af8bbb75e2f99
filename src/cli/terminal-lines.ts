import { prettyFactory } from 'pino-pretty';
import type { LogLines } from './log.ts';
import { printable } from './printable.ts';

const pretty = prettyFactory({ colorize: true, translateTime: 'SYS:HH:MM:ss', singleLine: true });

/** A stack has lines of its own; in all other text a line break is somebody's who wants to write lines of ours. */
const harmless = (key: string, value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  return key === 'stack' ? value.split('\n').map(printable).join('\n') : printable(value);
};

/** Lines for people before a terminal: what others chose in them can neither move its cursor nor pass for another line. */
export const terminalLines = (write: (text: string) => void): LogLines => ({
  write: (line) => write(pretty(JSON.parse(line, harmless))),
});
