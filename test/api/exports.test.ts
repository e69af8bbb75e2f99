import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seesAll } from '../../src/model/access.ts';
import { AUDIT_WINDOW_MS, EXPORT_ITEMS_MAX } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import type { Exchange } from '../../src/api/exchange.ts';
import { answerEventExport } from '../../src/api/rest/export-events.ts';
import { readEventsPlace } from '../../src/api/rest/export-cursor.ts';
import { gatherEvents } from '../../src/api/rest/export-gathering.ts';
import { exportLanguage } from '../../src/api/rest/export-language.ts';
import { Exports } from '../../src/ingest/exports.ts';
import { headersOf } from './asking.ts';
import { aSession, openFed, output, type Fed } from './feeding.ts';
import { processCaller } from './process-caller.ts';
import { producer, startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

type Line = Readonly<Record<string, unknown>>;
type Answer = {
  readonly status: number;
  readonly lines: readonly Line[];
  readonly next: string;
  readonly text: string;
};

const get = async (what: 'sessions' | 'events', query: string, token = running.tokens.AUDITOR): Promise<Answer> => {
  const response = await fetch(`${running.url}/export/${what}.ndjson?${query}`, { headers: headersOf(token) });
  const text = await response.text();
  const lines = response.ok
    ? text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line)
    : [];
  return { status: response.status, lines, next: response.headers.get('next-cursor') ?? '', text };
};

/** Where whoever has seen everything would go on. */
const endOf = async (what: 'sessions' | 'events'): Promise<string> => {
  let cursor = '';
  for (;;) {
    const { next } = await get(what, `limit=${EXPORT_ITEMS_MAX}&after=${cursor}`);
    if (next === cursor) return cursor;
    cursor = next;
  }
};

/** All lines after a cursor, a few at a time. */
const readAll = async (what: 'sessions' | 'events', from: string, query: string): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  let cursor = from;
  for (;;) {
    const answer = await get(what, `${query}&after=${cursor}`);
    expect(answer.status).toBe(200);
    lines.push(...answer.lines);
    if (answer.next === cursor) return lines;
    cursor = answer.next;
  }
};

const open = async (change: Parameters<typeof aSession>[0] = {}) =>
  running.installation.intake.openSession(producer, aSession({ recording: null, ...change }));

describe('sessions', () => {
  test('come once each, as they are now, in the order of their last changes', async () => {
    const from = await endOf('sessions');
    const first = await open();
    const second = await open();
    await running.installation.intake.closeSession(producer, {
      sessionId: first.session.sessionId,
      epoch: first.epoch,
      endedAtMs: null,
      reason: 'exit 0',
    });
    const { lines, next } = await get('sessions', `after=${from}`);
    expect(lines).toMatchObject([
      { type: 'session', change: 'STARTED', sessionId: second.session.sessionId, status: 'ACTIVE', endedAt: null },
      { type: 'session', change: 'ENDED', sessionId: first.session.sessionId, status: 'ENDED', endReason: 'exit 0' },
    ]);
    expect(lines[1]).toMatchObject({ revision: next, user: { email: 'ann@example.com' }, labels: { team: 'a' } });
    expect(lines[1]?.['startedAt']).toMatch(/^\d{4}-\d\d-\d\dT.+Z$/);
    expect(await get('sessions', `after=${next}`)).toMatchObject({ status: 200, lines: [], next });
  });

  test('a limit ends an answer, and its cursor goes on where it ended, through pages and answers', async () => {
    const from = await endOf('sessions');
    const opened = await Promise.all(Array.from({ length: 230 }, () => open()));
    const ids = opened.map(({ session }) => session).toSorted((a, b) => a.revision.position - b.revision.position);
    for (const limit of [7, 100, 229, 1000]) {
      const lines = await readAll('sessions', from, `limit=${limit}`);
      expect(lines.map(({ sessionId }) => sessionId)).toEqual(ids.map(({ sessionId }) => sessionId));
    }
    expect((await get('sessions', `limit=1&after=${from}`)).lines).toHaveLength(1);
  });

  test('a filter leaves out what does not match, also what no longer does, and the cursor goes on past it', async () => {
    const from = await endOf('sessions');
    const kept = await open({ socket: { socketId: null, name: 'wanted' } });
    await open({ socket: { socketId: null, name: 'unwanted' } });
    const query = 'socket_names=wanted&statuses=ACTIVE';
    const before = await get('sessions', `after=${from}&${query}`);
    expect(before.lines).toMatchObject([{ sessionId: kept.session.sessionId }]);
    const { sessionId } = kept.session;
    await running.installation.intake.closeSession(producer, {
      sessionId,
      epoch: kept.epoch,
      endedAtMs: null,
      reason: null,
    });
    const after = await get('sessions', `after=${before.next}&${query}`);
    expect(after.lines).toEqual([]);
    expect(after.next).not.toBe(before.next);
  });

  test('a producer is told of its own alone', async () => {
    const from = await endOf('sessions');
    await running.installation.intake.openSession({ producer: 'others', actor: 'x' }, aSession({ recording: null }));
    const own = await open();
    const { lines } = await get('sessions', `after=${from}`, running.tokens.PRODUCER);
    expect(lines.map(({ sessionId }) => sessionId)).toEqual([own.session.sessionId]);
  });

  test('come in the words of OCSF and of ECS when asked for', async () => {
    const from = await endOf('sessions');
    const { sessionId } = (await open({ denyReason: 'no policy' })).session;
    expect((await get('sessions', `after=${from}&format=ocsf`)).lines).toMatchObject([
      {
        class_uid: 3002,
        type_uid: 300201,
        metadata: { correlation_uid: sessionId, product: { version: '0.0.0-test' } },
      },
    ]);
    expect((await get('sessions', `after=${from}&format=ecs`)).lines).toMatchObject([
      { ecs: { version: '8.17.0' }, event: { outcome: 'failure' }, reeltime: { session_id: sessionId } },
    ]);
  });
});

const text = (name: string): Uint8Array => new TextEncoder().encode(name);
const structured = (from: number): readonly RecordedEvent[] => [
  { timeMs: from, code: 'o', payload: [text('$ ls\r\n')] },
  { timeMs: from, code: 'i', payload: [text('ls\r')] },
  { timeMs: from + 1, code: 'cmd', payload: ['ls', {}] },
  { timeMs: from + 2, code: 'm', payload: ['here'] },
  { timeMs: from + 3, code: 'r', payload: [80, 25] },
  { timeMs: from + 4, code: 'body', payload: ['r', 'req', 0, true, text('secret')] },
];

/** Everything that pends is in closed chunks then. */
const closeAll = async (fed: Fed): Promise<void> => fed.end();

const recorded = (lines: readonly Line[]): readonly Line[] => lines.filter(({ type }) => type === 'recording_event');

describe('events', () => {
  test('are the story and what was done, and nothing that was shown, typed or sent', async () => {
    const from = await endOf('events');
    const fed = await openFed(running);
    await fed.append(structured(0));
    await closeAll(fed);
    const { lines, text: body } = await get('events', `after=${from}`);
    const { recordingId, sessionId } = fed;
    expect(recorded(lines)).toMatchObject([
      {
        id: `${recordingId}#2`,
        index: 2,
        time: 0.001,
        code: 'cmd',
        payload: { command: 'ls' },
        session: { sessionId },
      },
      { id: `${recordingId}#3`, index: 3, code: 'm', payload: { label: 'here' } },
    ]);
    const story = lines.filter(({ type }) => type === 'session_event');
    expect(story.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['STARTED', 'ENDED']));
    for (const line of story)
      expect(line).toMatchObject({ session: { sessionId, user: { identity: 'ann@example.com' } } });
    expect(body).not.toContain('secret');
    expect(body).not.toContain('$ ls');
  });

  test('of an open recording come when its chunk is closed, in the order of closing, and none twice', async () => {
    const from = await endOf('events');
    const [late, early] = [await openFed(running), await openFed(running)];
    await late.append(structured(0));
    await early.append(structured(0));
    expect(recorded(await readAll('events', from, ''))).toEqual([]);
    await closeAll(early);
    await closeAll(late);
    const found = recorded(await readAll('events', from, 'limit=1'));
    expect(found.map(({ recordingId, index }) => [recordingId, index])).toEqual([
      [early.recordingId, 2],
      [early.recordingId, 3],
      [late.recordingId, 2],
      [late.recordingId, 3],
    ]);
  });

  test('a chunk of more events than the limit goes on in its middle; the story comes first', async () => {
    const from = await endOf('events');
    const fed = await openFed(running);
    for (let batch = 0; batch < 5; batch += 1) await fed.append(structured(batch * 10));
    await closeAll(fed);
    const whole = await readAll('events', from, '');
    for (const limit of [1, 2, 3, 5]) expect(await readAll('events', from, `limit=${limit}`)).toEqual(whole);
    expect(recorded(whole)).toHaveLength(10);
  });

  test('what a damaged chunk held is a gap, and the export goes on', async () => {
    const from = await endOf('events');
    const damaged = await openFed(running);
    await damaged.append(structured(0));
    await closeAll(damaged);
    const { catalog, folder } = running.installation;
    const locator = (await catalog.locator(seesAll, damaged.recordingId as never)) ?? '';
    await writeFile(path.join(folder.recordings, locator), 'nothing of it');
    const whole = await openFed(running);
    await whole.append(structured(0));
    await closeAll(whole);
    expect(recorded(await readAll('events', from, 'limit=1'))).toMatchObject([
      { recordingId: damaged.recordingId, code: 'gap', payload: { lostEvents: 6 } },
      { recordingId: whole.recordingId, code: 'cmd' },
      { recordingId: whole.recordingId, code: 'm' },
    ]);
  });

  test('an answer looks at so many chunks and no more, and says where to go on', async () => {
    const from = await endOf('events');
    const fed = await openFed(running);
    const bulk = 'x'.repeat(256 * 1024);
    for (let chunk = 0; chunk < 70; chunk += 1) {
      await fed.append([output(chunk, bulk)]);
      await running.installation.closer.relief(fed.recordingId);
    }
    await fed.append([{ timeMs: 100, code: 'm', payload: ['the end'] }]);
    await closeAll(fed);
    const first = await get('events', `after=${from}`);
    expect(recorded(first.lines)).toEqual([]);
    expect(recorded((await get('events', `after=${first.next}`)).lines)).toMatchObject([{ code: 'm' }]);
  });

  test('others have their turn between the pages of a long story', async () => {
    const from = await endOf('events');
    for (let times = 0; times < 5; times += 1) await Promise.all(Array.from({ length: 80 }, () => open()));
    const { catalog, reader } = running.installation;
    let turns = 0;
    let next = setImmediate(function again() {
      turns += 1;
      next = setImmediate(again);
    });
    const gathered = await gatherEvents({
      parts: { catalog, reader },
      visibility: seesAll,
      place: readEventsPlace(from, await catalog.exports.exportPlace()),
      limit: EXPORT_ITEMS_MAX,
      language: exportLanguage('ocsf', 'test'),
      signal: new AbortController().signal,
    });
    clearImmediate(next);
    expect(gathered.text.split('\n').length).toBeGreaterThan(400);
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  test('text lines are refused in words as long as there are none', async () => {
    const answer = await get('events', 'include=text');
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('include=text is not there yet');
    expect((await get('events', 'include=pictures')).status).toBe(400);
  });
});

describe.each(['sessions', 'events'] as const)('the export of %s', (what) => {
  test('refuses what is no cursor, and says of one of another log that it is gone', async () => {
    const cursor = await endOf(what);
    expect((await get(what, 'after=../../x')).status).toBe(400);
    const gone = await get(what, `after=${cursor.replace(/^[0-9a-f]+/, 'ffffffff')}`);
    expect(gone.status).toBe(410);
    expect(JSON.parse(gone.text)).toMatchObject({ error: { code: 'REVISION_UNKNOWN' } });
    expect(
      (await get(what, `after=${cursor.split('.')[0] ?? ''}${'.zzzzzz'.repeat(what === 'events' ? 3 : 1)}`)).status,
    ).toBe(410);
  });

  test.each(['limit=0', `limit=${EXPORT_ITEMS_MAX + 1}`, 'limit=x', 'format=cef'])('refuses %s', async (query) => {
    expect((await get(what, query)).status).toBe(400);
  });

  test('of nothing new has a cursor too, and HEAD tells it without an answer', async () => {
    const cursor = await endOf(what);
    expect(await get(what, `after=${cursor}`)).toMatchObject({ status: 200, lines: [], next: cursor });
    const head = await fetch(`${running.url}/export/${what}.ndjson?after=${cursor}`, {
      method: 'HEAD',
      headers: headersOf(running.tokens.AUDITOR),
    });
    expect([head.status, head.headers.get('next-cursor'), await head.text()]).toEqual([200, cursor, '']);
    expect(head.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  });

  test('leaves one audit entry a run, however many pages it reads, and moves no session', async () => {
    const from = await endOf(what);
    const filter = { actor: 'ADMIN', actions: ['sessions.exported'], target: null, fromMs: null, beforeMs: null };
    const told = async () => (await running.installation.catalog.auditEntries(filter, firstPage(100))).items;
    const before = (await told()).length;
    const narrowed = what === 'sessions' ? '&user_emails=ann%40example.com' : '';
    for (let page = 0; page < 5; page += 1) {
      await get(what, `limit=${page + 1}&format=ocsf${narrowed}`, running.tokens.ADMIN);
    }
    const entries = await told();
    expect(entries).toHaveLength(before + 1);
    expect(entries[0]?.details).toEqual({ what, format: 'ocsf', filter: narrowed.slice(1) });
    expect(await endOf(what)).toBe(from);
  });
});

test('a run that goes on after its window is told again, and one that cannot be told sends nothing', async () => {
  let nowMs = 0;
  let fails = true;
  const told: unknown[] = [];
  const exports = new Exports({
    audit: {
      tell: async (...entry) => {
        if (fails) throw new Error('the disk is full');
        told.push(entry);
      },
    },
    clock: () => nowMs,
    onEventsAsked: () => {},
  });
  const taken = { what: 'sessions', format: 'native', filter: '' } as const;
  const asked = () => exports.asked(processCaller('somebody'), taken);
  await expect(asked()).rejects.toThrow('the disk is full');
  fails = false;
  for (const atMs of [0, 1, AUDIT_WINDOW_MS - 1]) {
    nowMs = atMs;
    await asked();
  }
  expect(told).toHaveLength(1);
  nowMs = AUDIT_WINDOW_MS;
  await asked();
  await exports.asked(processCaller('somebody'), { ...taken, format: 'ecs' });
  expect(told).toHaveLength(3);
});

test('an export of events that the stopping server leaves is broken off, and holds no connection open', async () => {
  const { catalog, reader } = running.installation;
  const exports = new Exports({ audit: { tell: async () => {} }, clock: Date.now, onEventsAsked: () => {} });
  const caller = processCaller('somebody');
  const failed: unknown[] = [];
  const server = createServer((request, response) => {
    const parts = { catalog, reader, exports, version: 'test' };
    const query = new URLSearchParams();
    const exchange = { parts, query, viewer: caller.viewer, caller, request, response, gone: AbortSignal.abort() };
    // NOTE an exchange has more: nothing of that is an export's.
    answerEventExport(exchange as unknown as Exchange).catch((error: unknown) => failed.push(error));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await expect(fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).rejects.toThrow('fetch failed');
  await new Promise((resolve) => server.close(resolve));
  expect(failed).toEqual([]);
});
