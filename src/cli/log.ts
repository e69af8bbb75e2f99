import { destination, pino } from 'pino';
import type { Log } from '../api/parts.ts';
import { currentRequest } from '../api/request-context.ts';
import type { LogLevel } from './settings.ts';

/** Takes one line: JSON, and a line break. */
export type LogLines = { readonly write: (line: string) => void };

/** Fields by these names hold secrets. Nobody should log them: this is for the day when somebody does. */
const secretNames = [
  'token',
  'secret',
  'password',
  'authorization',
  'cookie',
  'headers',
  'rawHeaders',
  'connectionParams',
  'x-access-token',
  'set-cookie',
];
const redactedPaths = secretNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`]);

/** Lines of JSON, on standard error unless told otherwise. Standard output is for what was asked for. */
export const makeLog = (level: LogLevel, lines: LogLines = destination({ fd: 2, sync: true })): Log => {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, cause: pino.stdSerializers.err },
      redact: { paths: redactedPaths, censor: '[redacted]' },
      mixin: () => {
        const request = currentRequest();
        return request === null ? {} : { requestId: request.requestId };
      },
    },
    lines,
  );
  return (lineLevel, message, fields) => logger[lineLevel](fields, message);
};

/** For verbs that say what they do by themselves. */
export const quietLog: Log = makeLog('error');
