import type { IncomingMessage } from 'node:http';

/**
 * Whether the client has what this entity tag stands for: If-None-Match, by the weak comparison (RFC 9110 sections 8.8.3.2 and
 * 13.1.2).
 */
export const hasAlready = ({ headers }: IncomingMessage, tag: string): boolean =>
  (headers['if-none-match'] ?? '')
    .split(',')
    .some((text) => text.trim() === '*' || text.trim().replace(/^W\//, '') === tag);
