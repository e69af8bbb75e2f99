import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NotARecording } from '../../src/format/asciicast/not-a-recording.ts';
import type { FeedReport } from '../../src/imports/feed-report.ts';
import { feedSteps, type FeedParts } from '../../src/imports/feed-steps.ts';
import type { ImportedSession, ImportStep } from '../../src/imports/import-step.ts';
import { seesAll } from '../../src/model/access.ts';
import { IMPORT_SKIPS_TOLD_MAX, LEASE_MS } from '../../src/model/limits.ts';
import type { Intake } from '../../src/model/intake.ts';
import { firstPage } from '../../src/model/page.ts';
import { everySession, newestFirst } from '../../src/model/session-filter.ts';
import { noise, plain, readEvents } from '../store/feeding.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';
import { importParts } from './importing.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { clock: { nowMs: Date.UTC(2100, 0) } });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const startMs = Date.UTC(2026, 0, 1);
const session = (change: Partial<ImportedSession> = {}): ImportedSession => ({
  protocol: 'HTTP',
  upstream: null,
  user: { identity: 'ann', email: null, name: null, picture: null, sub: null, nickname: null, isServiceAccount: false },
  socket: { socketId: null, name: 'web' },
  client: { ip: '192.0.2.1', port: null, software: null },
  server: { name: 'web', port: 80 },
  sshUser: null,
  authInfo: null,
  labels: null,
  startedAtMs: startMs,
  denyReason: null,
  recording: { kind: 'HTTP', columns: null, rows: null },
  ...change,
});
const open = (key: string, change: Partial<ImportedSession> = {}): ImportStep => ({
  kind: 'open',
  key,
  session: session(change),
});
const mark = (key: string, timeMs: number, label = 'm'): ImportStep => ({
  kind: 'events',
  key,
  events: [{ timeMs, code: 'm', payload: [label] }],
});
const close = (key: string, afterMs: number, reason: string | null = 'over'): ImportStep => ({
  kind: 'close',
  key,
  endedAtMs: startMs + afterMs,
  reason,
});

async function* stream(steps: Iterable<ImportStep>): AsyncGenerator<ImportStep> {
  yield* steps;
}

const partsOf = (intake: Intake = opened.intake, clock: () => number = () => 0): FeedParts => ({
  ...importParts(intake),
  clock,
});
const feed = (
  steps: Iterable<ImportStep>,
  parts: FeedParts = partsOf(),
  signal: AbortSignal = new AbortController().signal,
): Promise<FeedReport> => feedSteps(parts, 'test', stream(steps), signal);
const countSessions = (): Promise<number | null> => opened.catalog.countSessions(seesAll, everySession, 100_000);
const sessionsOf = async (socket: string) => {
  const filter = { ...everySession, socketNames: [socket] };
  const { items } = await opened.catalog.sessions(seesAll, filter, newestFirst, firstPage(100));
  return items;
};

describe('a file of sessions', () => {
  test('is fed session by session, whatever their lines are between each other, and again it is known', async () => {
    const socket = { socketId: null, name: 'between' };
    const steps = [
      open('a', { socket }),
      open('b', { socket, startedAtMs: startMs + 5 }),
      mark('a', 10, 'a1'),
      mark('b', 1, 'b1'),
      mark('a', 20, 'a2'),
      { kind: 'tell', key: 'b', atMs: startMs + 7, event: 'NOTE', message: 'noted', details: null } as const,
      close('b', 100),
      { kind: 'skip', line: 9, reason: 'noise' } as const,
      close('a', 15, 'left'),
    ];
    const report = await feed(steps);
    expect(report).toMatchObject({ sessions: 2, known: 0, events: 3, clampedTimes: 0, only: null });
    expect(report.skipped.first).toEqual([{ line: 9, reason: 'noise' }]);
    await opened.closer.settled();
    const [b, a] = await sessionsOf('between');
    // An end before the last event is the last event's.
    expect(a).toMatchObject({
      status: 'ENDED',
      endedAtMs: startMs + 20,
      endReason: 'left',
      recordingState: 'COMPLETE',
    });
    expect(b).toMatchObject({ status: 'ENDED', endedAtMs: startMs + 100 });
    const stored = await readEvents(opened.reader, a?.sessionId as never);
    expect(plain(stored)).toEqual([
      [10, 'm', 'a1'],
      [20, 'm', 'a2'],
    ]);
    const revision = await opened.catalog.revision();
    expect(await feed(steps)).toMatchObject({ sessions: 2, known: 2, events: 3 });
    expect(await opened.catalog.revision()).toEqual(revision);
    const told = await opened.catalog.sessionEvents(seesAll, b?.sessionId as never, ['NOTE'], firstPage(10));
    expect(told.items).toMatchObject([{ message: 'noted', atMs: startMs + 7 }]);
  });

  test('closes what its reader left open, at its last event; one without events has no recording', async () => {
    const socket = { socketId: null, name: 'left' };
    await feed([open('left1', { socket }), mark('left1', 30), open('left2', { socket })]);
    const states = (await sessionsOf('left')).map(({ status, endedAtMs, endReason, recordingState }) => [
      status,
      (endedAtMs ?? 0) - startMs,
      endReason,
      recordingState === 'NONE',
    ]);
    expect(states.toSorted()).toEqual([
      ['ENDED', 0, 'the log ends', true],
      ['ENDED', 30, 'the log ends', false],
    ]);
  });

  test('sets times that go back to the time before, and counts them', async () => {
    const report = await feed([open('back'), mark('back', 50), mark('back', 40), mark('back', 60), close('back', 70)]);
    expect(report).toMatchObject({ events: 3, clampedTimes: 1 });
    await opened.closer.settled();
    const stored = await readEvents(opened.reader, report.only?.recordingId as never);
    expect(stored.map(({ timeMs }) => timeMs)).toEqual([50, 50, 60]);
  });

  test('leaves out an event that cannot be stored, says why, and keeps the others', async () => {
    const report = await feed([
      open('odd'),
      { kind: 'events', key: 'odd', events: [{ timeMs: 1, code: 'req', payload: ['1', { url: 'no method' }] }] },
      { kind: 'events', key: 'odd', events: [{ timeMs: 1, code: 'x-odd', payload: [JSON.parse('{"__proto__":1}')] }] },
      mark('odd', 2),
      close('odd', 3),
    ]);
    expect(report).toMatchObject({ sessions: 1, events: 1 });
    expect(report.skipped.first).toEqual([
      { line: null, reason: expect.stringContaining('req[1].method must be a text') },
      { line: null, reason: expect.stringContaining('__proto__') },
    ]);
  });

  test('with a session that the Intake refuses tells of it, and the rest goes on', async () => {
    const report = await feed([
      open('bad', { startedAtMs: Date.UTC(2200, 0) }),
      mark('bad', 1),
      open('good', { socket: { socketId: null, name: 'good' } }),
      mark('good', 1),
      close('bad', 2),
      close('good', 2),
    ]);
    expect(report).toMatchObject({ sessions: 1, refused: { count: 1 } });
    expect(report.refused.first[0]).toContain(
      'the session of ann from 192.0.2.1 at 2200-01-01T00:00:00.000Z: startedAt',
    );
    expect(await sessionsOf('good')).toHaveLength(1);
  });

  test('without any session is refused, with the first line that was passed over', async () => {
    const steps: ImportStep[] = [
      { kind: 'skip', line: 3, reason: 'noise' },
      { kind: 'skip', line: 4, reason: 'more noise' },
    ];
    await expect(feed(steps)).rejects.toThrow(
      new NotARecording('there is no session in it: noise, and 1 more lines', 3),
    );
    await expect(feed([])).rejects.toThrow('there is no session in it');
  });

  test('counts every line that was skipped, and tells the first of them', async () => {
    const skips = Array.from({ length: 1000 }, (_, at): ImportStep => ({
      kind: 'skip',
      line: at + 1,
      reason: at % 10 === 0 ? 'rare' : `reason ${at % 200}`,
    }));
    const { skipped } = await feed([open('skips'), ...skips, close('skips', 1)]);
    expect(skipped.count).toBe(1000);
    expect(skipped.first).toHaveLength(IMPORT_SKIPS_TOLD_MAX);
    expect(skipped.byReason.length).toBeLessThanOrEqual(51);
    expect(skipped.byReason.reduce((sum, [, count]) => sum + count, 0)).toBe(1000);
  });
});

describe('refused attempts', () => {
  const attempt = (key: string, afterMs: number, reason = 'failed password'): ImportStep =>
    open(key, { denyReason: reason, startedAtMs: startMs + afterMs, socket: { socketId: null, name: 'ssh' } });

  test('that are alike are one DENIED session, and reading the log again counts none twice, however late', async () => {
    const steps = [
      ...Array.from({ length: 30 }, (_, at) => attempt(`try ${at}`, at * 1000)),
      attempt('other', 500, 'invalid user'),
      attempt('late', 3_600_000),
    ];
    const counts = async (): Promise<unknown> =>
      (await sessionsOf('ssh')).map(({ attemptCount, denyReason }) => [denyReason, attemptCount]).toSorted();
    expect(await feed(steps)).toMatchObject({ sessions: 32, known: 0 });
    const expected = [
      ['failed password', 1],
      ['failed password', 30],
      ['invalid user', 1],
    ];
    expect(await counts()).toEqual(expected);
    opened.clock.nowMs += 86_400_000;
    expect(await feed(steps)).toMatchObject({ sessions: 32, known: 32 });
    expect(await counts()).toEqual(expected);
  });
});

describe('a feed that goes on for long', () => {
  /** The intake, and what each call is told before it. */
  const watched = (before: (call: string) => void): Intake =>
    new Proxy(opened.intake, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...words: unknown[]): unknown => {
          before(String(name));
          return Reflect.apply(method, target, words);
        };
      },
    });
  const large = Buffer.from(noise(100_000, 7)).toString();

  test('sends while it reads, keeps the leases of what is open, and goes on after an interruption', async () => {
    const calls: string[] = [];
    let nowMs = 0;
    const stop = new AbortController();
    const { promise: isOpen, resolve } = Promise.withResolvers<void>();
    const steps = async function* (stopAt: number): AsyncGenerator<ImportStep> {
      yield open('long');
      for (let at = 0; at < 20; at += 1) {
        if (at === stopAt) stop.abort(new Error('Ctrl-C'));
        if (at === 5) await isOpen;
        nowMs += LEASE_MS / 2;
        yield mark('long', at, `${at} ${large}`);
      }
      yield close('long', 50);
    };
    const intake = watched((call) => {
      calls.push(call);
      if (call === 'appendEvents') resolve();
    });
    const first = feedSteps(
      partsOf(intake, () => nowMs),
      'test',
      steps(10),
      stop.signal,
    );
    await expect(first).rejects.toThrow('Ctrl-C');
    expect(calls.filter((call) => call === 'appendEvents').length).toBeGreaterThan(1);
    expect(calls).toContain('heartbeat');
    expect(calls).not.toContain('closeSession');
    const report = await feedSteps(partsOf(), 'test', steps(-1), new AbortController().signal);
    expect(report).toMatchObject({ sessions: 1, known: 0, events: 20 });
    await opened.closer.settled();
    const stored = await readEvents(opened.reader, report.only?.recordingId as never);
    expect(stored.map(({ timeMs }) => timeMs)).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });

  test('is told where a session that ended goes on in a log that has grown since; what is there is not doubled', async () => {
    const steps = [open('grows'), mark('grows', 10), close('grows', 20), open('stays'), mark('stays', 10)];
    expect(await feed(steps)).toMatchObject({ sessions: 2, known: 0, outgrown: 0 });
    expect(await feed(steps)).toMatchObject({ sessions: 2, known: 2, outgrown: 0 });
    const longer = [...steps.slice(0, 2), mark('grows', 30), close('grows', 40), ...steps.slice(3)];
    expect(await feed(longer)).toMatchObject({ sessions: 2, known: 2, outgrown: 1, refused: { count: 0 } });
  });

  test('does not hold all that is told of a session without events', async () => {
    let told = 0;
    const { promise: isSent, resolve } = Promise.withResolvers<void>();
    const intake = watched((call) => {
      if (call !== 'recordSessionEvent') return;
      told += 1;
      resolve();
    });
    const message = large.slice(0, 4096);
    const steps = async function* (): AsyncGenerator<ImportStep> {
      yield open('told');
      for (let at = 0; at < 300; at += 1) {
        yield { kind: 'tell', key: 'told', atMs: startMs + at, event: 'NOTE', message, details: null };
      }
      await isSent;
      yield mark('told', 500);
      yield close('told', 1000);
    };
    const report = await feedSteps(partsOf(intake), 'test', steps(), new AbortController().signal);
    expect(report).toMatchObject({ sessions: 1, events: 1, refused: { count: 0 } });
    expect(told).toBe(300);
    expect(await readEvents(opened.reader, report.only?.recordingId as never)).toHaveLength(1);
  });

  test('has nothing of a short session when it is interrupted before its end', async () => {
    const before = await countSessions();
    const stop = new AbortController();
    const steps = function* (): Generator<ImportStep> {
      yield open('short');
      yield mark('short', 1);
      stop.abort(new Error('Ctrl-C'));
      yield close('short', 2);
    };
    await expect(feed(steps(), partsOf(), stop.signal)).rejects.toThrow('Ctrl-C');
    expect(await countSessions()).toBe(before);
  });

  test('stops at a disk that fails, and the same again goes on', async () => {
    const steps = Array.from({ length: 10 }, (_, at) => [
      open(`disk ${at}`),
      mark(`disk ${at}`, 1),
      close(`disk ${at}`, 2),
    ]);
    let calls = 0;
    const failing = watched((call) => {
      if (call === 'appendEvents') calls += 1;
      if (calls > 3) throw new Error('the disk failed');
    });
    await expect(feed(steps.flat(), partsOf(failing))).rejects.toThrow('the disk failed');
    const again = await feed(steps.flat());
    expect(again).toMatchObject({ sessions: 10, refused: { count: 0 } });
    expect(again.known).toBeLessThan(10);
    expect(await feed(steps.flat())).toMatchObject({ sessions: 10, known: 10 });
  });

  test('leaves a session to the other file that has it too, and is being taken in', async () => {
    const parts = partsOf();
    const steps = [open('both'), mark('both', 1), close('both', 2)];
    const reports = await Promise.all([feed(steps, parts), feed(steps, parts), feed(steps, parts)]);
    expect(reports.map(({ known }) => known).toSorted()).toEqual([0, 1, 1]);
    expect(parts.claims.size).toBe(0);
  });
});
