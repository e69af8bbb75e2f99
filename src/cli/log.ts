import { destination, pino } from 'pino';
import type { Log } from '../api/parts.ts';
import type { LogLevel } from './settings.ts';

/** Lines of JSON on standard error. Standard output is for what was asked for. */
export const makeLog = (level: LogLevel): Log => {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, cause: pino.stdSerializers.err },
    },
    destination({ fd: 2, sync: true }),
  );
  return (lineLevel, message, fields) => logger[lineLevel](fields, message);
};

/** For verbs that say what they do by themselves. */
export const quietLog: Log = makeLog('error');
