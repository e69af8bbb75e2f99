import { GraphQLError } from 'graphql';
import { parseDateTime, writeDateTime } from '../../model/date-time.ts';
import { isUuid } from '../../model/parse-id.ts';
import { writeRevision } from '../../model/revision.ts';
import { builder } from './builder.ts';

const badValue = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

const textOf = (value: unknown, message: string): string => {
  if (typeof value !== 'string') throw badValue(message);
  return value;
};

const dateTimeMessage = 'DateTime must be RFC 3339 with an offset, such as 2022-10-10T04:46:50.000Z';

builder.scalarType('DateTime', {
  description:
    'A moment as RFC 3339. Answers are in UTC with milliseconds, such as 2022-10-10T04:46:50.000Z; input may have any offset, and is cut to milliseconds.',
  serialize: (value) => writeDateTime(value),
  parseValue: (value) => {
    const timeMs = parseDateTime(textOf(value, dateTimeMessage));
    if (timeMs === null) throw badValue(dateTimeMessage);
    return timeMs;
  },
});

const uuidMessage = 'UUID must have the form 93227a7e-8724-4be5-a5c5-2729f615ac50';

builder.scalarType('UUID', {
  description: 'A UUID in its 36-character form (RFC 9562). Either case is taken; answers are in lower case.',
  serialize: (value) => value,
  parseValue: (value) => {
    const text = textOf(value, uuidMessage);
    if (!isUuid(text)) throw badValue(uuidMessage);
    return text.toLowerCase();
  },
});

builder.scalarType('JSON', {
  description: 'Any JSON value, as it is.',
  serialize: (value) => value,
  parseValue: (value) => value,
});

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const bytesMessage = 'Bytes must be padded base64 (RFC 4648 section 4)';

builder.scalarType('Bytes', {
  description: 'Bytes as padded base64 (RFC 4648 section 4).',
  serialize: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
  parseValue: (value) => {
    const text = textOf(value, bytesMessage);
    if (!base64Pattern.test(text)) throw badValue(bytesMessage);
    return Buffer.from(text, 'base64');
  },
});

const safeIntMessage = 'SafeInt must be a whole number from 0 to 9007199254740991';

builder.scalarType('SafeInt', {
  description: 'A whole number from 0 to 9007199254740991 (2^53 - 1): sizes and counts that outgrow Int.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw badValue(safeIntMessage);
    return value;
  },
});

builder.scalarType('Revision', {
  description:
    'A position in the log of session changes. Opaque: only compare whether two are equal, and hand it back. A restored backup begins another log, whose revisions are not of this one.',
  serialize: (value) => writeRevision(value),
  parseValue: (value) => textOf(value, 'Revision must be a text that this server gave'),
});
