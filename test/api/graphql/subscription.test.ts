import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, askData, followBySse, socketClient } from '../asking.ts';
import { openFed } from '../feeding.ts';
import { startTestServer, type Running } from '../running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

type Followed = AsyncIterable<Answer<unknown>>;
const ways: readonly (readonly [string, (query: string) => Followed])[] = [
  ['a WebSocket', (query) => socketClient(running, running.tokens.AUDITOR).iterate({ query }) as Followed],
  ['server-sent events', (query) => followBySse(running, { query }, running.tokens.AUDITOR)],
];

/** More than there are before an operation is compiled. */
const ITEMS = 6;

test.each(ways)(
  'each item over %s is answered alike, however many came before: its data, its errors in their places, and the cost',
  async (_way, follow) => {
    const { sessions } = await askData<{ readonly sessions: { readonly revision: string } }>(
      running,
      '{ sessions(first: 1) { revision } }',
    );
    const fields =
      'kind session { sshUser last: recordings(last: 1) { nodes { eventCount } } none: events(first: 0) { edges { cursor } } }';
    const answers: unknown[] = [];
    await openFed(running);
    for await (const answer of follow(`subscription { sessionFeed(after: "${sessions.revision}") { ${fields} } }`)) {
      answers.push(JSON.parse(JSON.stringify(answer)));
      if (answers.length === ITEMS) break;
      await openFed(running);
    }
    const alike = {
      data: {
        sessionFeed: {
          kind: 'STARTED',
          session: { sshUser: 'root', last: { nodes: [{ eventCount: 0 }] }, none: null },
        },
      },
      errors: [
        {
          message: expect.stringContaining('first must be'),
          path: ['sessionFeed', 'session', 'none'],
          locations: [{ line: 1, column: expect.any(Number) }],
          extensions: { code: 'BAD_USER_INPUT', argument: 'first' },
        },
      ],
      extensions: { cost: expect.any(Number) },
    };
    expect(answers).toEqual(Array.from({ length: ITEMS }, () => alike));
  },
);
