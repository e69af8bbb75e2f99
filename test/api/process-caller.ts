import type { Caller } from '../../src/model/viewer.ts';

/** Whoever has the token of the server's process, for tests that act without a request. */
export const processCaller = (name: string): Caller => ({
  viewer: { name, role: 'ADMIN', producer: null, expiresAtMs: null, credential: 'process', account: 'process' },
  ip: null,
  client: null,
  requestId: 'a request',
});
