import type { IncomingMessage } from 'node:http';

/** Whether a client names a coding of content among those that it takes (Accept-Encoding, RFC 9110 section 12.5.3). */
export const takesCoding = ({ headers }: IncomingMessage, coding: 'zstd' | 'gzip'): boolean =>
  String(headers['accept-encoding'] ?? '')
    .split(',')
    .map((text) =>
      text
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/),
    )
    .some(([name, quality]) => name === coding && !/^q=0(\.0*)?$/.test(quality ?? ''));
