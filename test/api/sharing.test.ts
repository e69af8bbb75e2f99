import { EventEmitter, once } from 'node:events';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordingTopic, sessionsTopic } from '../../src/live/bus.ts';
import { seesAll } from '../../src/model/access.ts';
import { firstPage } from '../../src/model/page.ts';
import { askData } from './asking.ts';
import { aSession, type Fed, openFed, output } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';
import { type Asking, newToken, type SocketWatcher, watchOn } from './sharing.ts';

/*
 * Watchers who ask the same of the same, and may see the same, are answered with one execution. Here they are mixed, and each
 * is told what it asked for, of what it may see, and nothing else.
 */

let running: Running;
/** How many listen, by topic: each who reads for itself does, and so does each group. */
const listening = new Map<string, number>();
/** Tells each time when that changes. */
const changes = new EventEmitter();
const listen = (topic: string, more: number): void => {
  listening.set(topic, (listening.get(topic) ?? 0) + more);
  changes.emit('change');
};
/** A second token of the role, and producers of two names. */
let otherAuditor: string;
let producers: readonly [string, string];

beforeAll(async () => {
  running = await startTestServer(({ bus }) => ({
    bus: {
      publish: (topic) => bus.publish(topic),
      listen: (topic) => {
        const listener = bus.listen(topic);
        listen(topic, 1);
        return {
          next: (signal, timeoutMs) => listener.next(signal, timeoutMs),
          [Symbol.dispose]: () => {
            listener[Symbol.dispose]();
            listen(topic, -1);
          },
        };
      },
    },
  }));
  otherAuditor = (await newToken(running, 'other auditor', 'AUDITOR')).text;
  const [a, b] = await Promise.all(['a', 'b'].map((name) => newToken(running, `producer ${name}`, 'PRODUCER', name)));
  producers = [a?.text ?? '', b?.text ?? ''];
});
afterAll(() => running[Symbol.asyncDispose]());

const leaveAll = async (watchers: readonly SocketWatcher[]): Promise<void> => {
  await Promise.all(
    watchers.map(({ socket }) => {
      socket.terminate();
      return once(socket, 'close');
    }),
  );
};

/** A field of a run, and what it is of the events from one ordinal to another. */
const runFields: Readonly<Record<string, (from: number, to: number) => unknown>> = {
  firstEvent: (from) => from,
  eventCount: (from, to) => to - from,
  startTime: (from) => from / 1000,
  endTime: (_from, to) => (to - 1) / 1000,
  tuples: (from, to) => numbers(from, to).map((event) => [event / 1000, 'o', `event ${event}`]),
  'events { time }': (from, to) => numbers(from, to).map((event) => ({ time: event / 1000 })),
};

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

/** What is asked of a recording, and the data that answers it for a run. */
type Question = { readonly asking: Asking; readonly data: (from: number, to: number) => unknown };

/** In how many ways one question can be put. */
const putting = fc.record({
  root: fc.constantFrom('recording', 'other'),
  fields: fc.uniqueArray(
    fc.record({ field: fc.constantFrom(...Object.keys(runFields)), alias: fc.constantFrom(null, 'x', 'y') }),
    { minLength: 1, maxLength: 3, selector: ({ field, alias }) => alias ?? field },
  ),
  space: fc.constantFrom('', ' ', '\n', ' # a word\n'),
  operation: fc.constantFrom(null, 'A', 'B'),
  fromEvent: fc.constantFrom('literal', 'variable', 'variables in another order', 'default', 'unused ones beside'),
});
type Putting = typeof putting extends fc.Arbitrary<infer Value> ? Value : never;

const variablesOf = (fed: Fed, way: Putting['fromEvent']): Asking['variables'] => {
  const [id, from] = [fed.sessionId, 0];
  if (way === 'literal' || way === 'default') return { id };
  if (way === 'variable') return { id, from };
  return way === 'unused ones beside' ? { id, from, unused: Math.random() } : { from, id };
};

const questionOf = (fed: Fed, { root, fields, space, operation, fromEvent }: Putting): Question => {
  const argument = fromEvent === 'literal' ? '0' : '$from';
  const declared = { literal: '', default: ', $from: Int = 0' }[fromEvent as string] ?? ', $from: Int';
  const selected = fields.map(({ field, alias }) => (alias === null ? field : `${alias}: ${field}`)).join(` ${space}`);
  const alias = root === 'recording' ? '' : `${root}: `;
  const body = `($id: UUID!${declared}) {${space} ${alias}recording(sessionId: $id, fromEvent: ${argument}) { ${selected} } }`;
  // The other operation of the document asks for something else.
  const query =
    operation === null
      ? `subscription ${body}`
      : `subscription ${operation} ${body} subscription ${operation === 'A' ? 'B' : 'A'} { sessionFeed { kind } }`;
  const variables = variablesOf(fed, fromEvent) ?? {};
  const nameOf = (field: string): string => field.split(' ', 1)[0] ?? '';
  return {
    asking: { query, variables, ...(operation === null ? {} : { operationName: operation }) },
    data: (from, to) => ({
      [root]: Object.fromEntries(
        fields.map(({ field, alias: name }) => [name ?? nameOf(field), runFields[field]?.(from, to)]),
      ),
    }),
  };
};

const roles = ['AUDITOR', 'other AUDITOR', 'ADMIN', 'VIEWER', 'PRODUCER'] as const;
const tokenOf = (role: (typeof roles)[number]): string =>
  role === 'other AUDITOR' ? otherAuditor : running.tokens[role];
const mayWatch = (role: (typeof roles)[number]): boolean => role !== 'VIEWER' && role !== 'PRODUCER';

type Joined = {
  readonly watcher: SocketWatcher;
  readonly question: Question;
  readonly isAllowed: boolean;
  /** Events that were there when it joined: they come as one run. */
  readonly stored: number;
};

/** Each has all events until now as it asked for them, or its refusal, and nothing else. */
const allAnswered = async (joined: readonly Joined[], events: number): Promise<void> => {
  for (const { watcher, question, isAllowed, stored } of joined) {
    if (!isAllowed) {
      await watcher.has(1);
      expect(watcher.payloads).toMatchObject([{ errors: [{ extensions: { code: 'FORBIDDEN' } }] }]);
      continue;
    }
    const expected = numbers(stored, events).map((event) => question.data(event, event + 1));
    if (stored > 0) expected.unshift(question.data(0, stored));
    await watcher.has(expected.length);
    expect(watcher.payloads.map((payload) => (payload as { readonly data: unknown }).data)).toEqual(expected);
  }
};

/** Resolves when so many listen to the topic. */
const listened = async (topic: string, count: number): Promise<void> => {
  while ((listening.get(topic) ?? 0) !== count) await once(changes, 'change');
};

const appendOne = (fed: Fed, event: number): Promise<void> => fed.append([output(event, `event ${event}`)]);

type Deed =
  | { readonly kind: 'join'; readonly role: (typeof roles)[number]; readonly putting: number }
  | { readonly kind: 'event' }
  | { readonly kind: 'leave'; readonly who: number };

const deeds = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('join'), role: fc.constantFrom(...roles), putting: fc.nat(2) }),
    },
    { weight: 3, arbitrary: fc.constant({ kind: 'event' }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave'), who: fc.nat(10) }) },
  ) as fc.Arbitrary<Deed>,
  { minLength: 8, maxLength: 25 },
);

describe('watchers of one recording', () => {
  test('are each told what they asked, in whatever order they come and go, and whoever may not is told nothing', async () => {
    const puttings = fc.array(putting, { minLength: 3, maxLength: 3 });
    const property = fc.asyncProperty(puttings, deeds, async (ways, all) => {
      const fed = await openFed(running);
      let events = 0;
      const joined: Joined[] = [];
      for (const deed of all) {
        if (deed.kind === 'event') {
          await appendOne(fed, events);
          events += 1;
        } else if (deed.kind === 'join') {
          const question = questionOf(fed, ways[deed.putting] as Putting);
          const watcher = await watchOn(running, tokenOf(deed.role), question.asking);
          joined.push({ watcher, question, isAllowed: mayWatch(deed.role), stored: events });
        } else {
          await leaveAll(joined.splice(deed.who, 1).map(({ watcher }) => watcher));
        }
        await allAnswered(joined, events);
      }
      await leaveAll(joined.map(({ watcher }) => watcher));
      await listened(recordingTopic(fed.recordingId), 0);
    });
    await fc.assert(property, { numRuns: 12 });
  });

  test('share one reader as long as nothing differs, and none where anything does', async () => {
    const fed = await openFed(running);
    const base = `subscription { recording(sessionId: "${fed.sessionId}") { firstEvent } }`;
    const named = `subscription A { recording(sessionId: "${fed.sessionId}") { firstEvent } } subscription B { recording(sessionId: "${fed.sessionId}") { eventCount } }`;
    const withId =
      'subscription ($id: UUID!, $from: Int) { recording(sessionId: $id, fromEvent: $from) { firstEvent } }';
    const { AUDITOR, ADMIN } = running.tokens;
    const id = fed.sessionId;
    /** Each line shares within itself alone. */
    const lines: readonly (readonly (readonly [token: string, asking: Asking])[])[] = [
      [
        [AUDITOR, { query: base }],
        [otherAuditor, { query: base }],
      ],
      [[AUDITOR, { query: base, variables: {} }]],
      [[ADMIN, { query: base }]],
      [[AUDITOR, { query: `${base} ` }]],
      [[AUDITOR, { query: base.replace('firstEvent', 'first: firstEvent') }]],
      [[AUDITOR, { query: base.replace('firstEvent', 'eventCount') }]],
      [[AUDITOR, { query: named, operationName: 'A' }]],
      [[AUDITOR, { query: named, operationName: 'B' }]],
      [
        [AUDITOR, { query: withId, variables: { id, from: 0 } }],
        [AUDITOR, { query: withId, variables: { from: 0, id } }],
      ],
      [[AUDITOR, { query: withId, variables: { id } }]],
      [[AUDITOR, { query: withId, variables: { id, from: null } }]],
    ];
    const watchers = await Promise.all(lines.flat().map(([token, asking]) => watchOn(running, token, asking)));
    await listened(recordingTopic(fed.recordingId), lines.length);
    for (let event = 0; event < 3; event += 1) {
      await appendOne(fed, event);
      await Promise.all(watchers.map(({ has }) => has(event + 1)));
    }
    expect(listening.get(recordingTopic(fed.recordingId))).toBe(lines.length);
    await leaveAll(watchers);
    await listened(recordingTopic(fed.recordingId), 0);
  });

  test('each viewer is on record before they see anything, also in company', async () => {
    const fed = await openFed(running);
    const query = `subscription { recording(sessionId: "${fed.sessionId}") { tuples } }`;
    const watchers = await Promise.all(
      [running.tokens.AUDITOR, otherAuditor].map((token) => watchOn(running, token, { query })),
    );
    await listened(recordingTopic(fed.recordingId), 1);
    await appendOne(fed, 0);
    await Promise.all(watchers.map(({ has }) => has(1)));
    const page = await running.installation.catalog.sessionEvents(seesAll, fed.sessionId, ['WATCHED'], firstPage(10));
    expect(page.items.map(({ actor }) => actor).toSorted()).toEqual(['AUDITOR', 'other auditor']);
    await leaveAll(watchers);
  });

  test('one whose token is revoked is told nothing more, and the others are', async () => {
    const fed = await openFed(running);
    const { text, tokenId } = await newToken(running, 'for a while', 'AUDITOR');
    const query = `subscription { recording(sessionId: "${fed.sessionId}") { firstEvent } }`;
    const [ending, staying] = await Promise.all(
      [text, running.tokens.AUDITOR].map((token) => watchOn(running, token, { query })),
    );
    if (ending === undefined || staying === undefined) throw new Error('two watch');
    await appendOne(fed, 0);
    await Promise.all([ending.has(1), staying.has(1)]);
    await listened(recordingTopic(fed.recordingId), 1);
    const closed = once(ending.socket, 'close');
    const id = Buffer.from(`Token:${tokenId}`).toString('base64');
    await askData(running, `mutation { revokeToken(input: { id: "${id}" }) { __typename } }`);
    expect((await closed)[0]).toBe(4403);
    await appendOne(fed, 1);
    await staying.has(2);
    expect(ending.payloads).toHaveLength(1);
    await leaveAll([staying]);
  });

  test('what is asked under any id is answered under it', async () => {
    const fed = await openFed(running);
    const query = `subscription { recording(sessionId: "${fed.sessionId}") { firstEvent } }`;
    const ids = ['1', '2', '1', 'a "quoted" ü', '2'];
    const watchers = await Promise.all(ids.map((id) => watchOn(running, running.tokens.AUDITOR, { query }, id)));
    await listened(recordingTopic(fed.recordingId), 1);
    await appendOne(fed, 0);
    await Promise.all(watchers.map(({ has }) => has(1)));
    await leaveAll(watchers);
  });
});

describe('followers of sessions', () => {
  test('are told of those that they may see, whoever else asks the same', async () => {
    const query = 'subscription { sessionFeed { kind sessionId session { sessionId } } }';
    const [a, b] = producers;
    const { VIEWER, AUDITOR } = running.tokens;
    const of = (tokens: readonly string[]) => Promise.all(tokens.map((token) => watchOn(running, token, { query })));
    const [all, ofA, ofB] = await Promise.all([of([VIEWER, VIEWER, AUDITOR]), of([a, a]), of([b])]);
    // Two of roles that see all, and one of each producer.
    await listened(sessionsTopic, 4);
    const { intake } = running.installation;
    const opened: { readonly name: string; readonly sessionId: string }[] = [];
    for (const name of ['a', 'b', 'a']) {
      const as = { producer: name, actor: `producer ${name}` };
      const { session } = await intake.openSession(as, aSession({ sessionId: null }));
      opened.push({ name, sessionId: session.sessionId });
      const count = opened.length;
      await Promise.all(all.map(({ has }) => has(count)));
    }
    const told = (names: readonly string[]) =>
      opened
        .filter(({ name }) => names.includes(name))
        .map(({ sessionId }) => ({ kind: 'STARTED', sessionId, session: { sessionId } }));
    for (const [watchers, names] of [
      [all, ['a', 'b']],
      [ofA, ['a']],
      [ofB, ['b']],
    ] as const) {
      for (const { payloads, has } of watchers) {
        await has(told(names).length);
        expect(payloads.map((payload) => (payload as { data: { sessionFeed: unknown } }).data.sessionFeed)).toEqual(
          told(names),
        );
      }
    }
    await leaveAll([...all, ...ofA, ...ofB]);
    await listened(sessionsTopic, 0);
  });

  test('what shows a recording is executed for each, and each is on record', async () => {
    const fed = await openFed(running);
    await appendOne(fed, 0);
    const query =
      'subscription ($filter: SessionFilter) { sessionFeed(filter: $filter) { sessionId session { recording { chunks { nodes { tuples } } } } } }';
    const filter = { protocols: ['SSH'] };
    const watchers = await Promise.all(
      [running.tokens.AUDITOR, otherAuditor].map((token) => watchOn(running, token, { query, variables: { filter } })),
    );
    await listened(sessionsTopic, 1);
    await fed.end();
    await Promise.all(watchers.map(({ has }) => has(1)));
    for (const { payloads } of watchers) {
      expect(payloads[0]).toMatchObject({
        data: {
          sessionFeed: {
            sessionId: fed.sessionId,
            session: { recording: { chunks: { nodes: [{ tuples: [[0, 'o', 'event 0']] }] } } },
          },
        },
      });
    }
    const page = await running.installation.catalog.sessionEvents(seesAll, fed.sessionId, ['WATCHED'], firstPage(10));
    expect(page.items.map(({ actor }) => actor).toSorted()).toEqual(['AUDITOR', 'other auditor']);
    await leaveAll(watchers);
    await listened(sessionsTopic, 0);
  });
});
