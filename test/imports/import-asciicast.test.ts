import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importSources } from '../../src/cli/import-sources.ts';
import { NotARecording } from '../../src/format/asciicast/not-a-recording.ts';
import { seesAll } from '../../src/model/access.ts';
import { Conflict, InvalidInput } from '../../src/model/errors.ts';
import type { RecordingId } from '../../src/model/ids.ts';
import type { AppendEvents, Intake, Producer } from '../../src/model/intake.ts';
import { LABELS_BYTES_MAX } from '../../src/model/limits.ts';
import { everySession } from '../../src/model/session-filter.ts';
import { noise, plain, readEvents } from '../store/feeding.ts';
import { openFolder, type OpenedFolder, recordingsPathOf, testStartMs } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';
import { importOne, importParts, noDefaults, sourceOf } from './importing.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  // Files that a test writes are of today, which is later than the tests' clock.
  opened = await openFolder(folder.path, { clock: { nowMs: Date.UTC(2100, 0) } });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const cast = (events: readonly (readonly unknown[])[], header: object = {}): string =>
  [{ version: 2, width: 80, height: 24, ...header }, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
/** A cast of about so many bytes, which differs with the seed. */
const large = (bytes: number, seed: number, eventBytes = 1000): string => {
  const text = Buffer.from(noise(eventBytes, seed)).toString();
  return cast(Array.from({ length: Math.ceil(bytes / eventBytes) }, (_, at) => [at / 100, 'o', `${at} ${text}`]));
};
const countSessions = async (): Promise<number> =>
  (await opened.catalog.countSessions(seesAll, everySession, 100_000)) ?? Number.NaN;
const storedOf = async (recordingId: RecordingId | null): Promise<readonly unknown[]> => {
  await opened.closer.settled();
  return recordingId === null ? [] : plain(await readEvents(opened.reader, recordingId));
};
/** The intake, and what happens before each batch that it is sent. */
const watched = (before: (input: AppendEvents, batches: number) => void): Intake => {
  let batches = 0;
  const { intake } = opened;
  return {
    openSession: (producer, input) => intake.openSession(producer, input),
    openRecording: (producer, input) => intake.openRecording(producer, input),
    appendEvents: async (producer: Producer, input) => {
      batches += 1;
      before(input, batches);
      return intake.appendEvents(producer, input);
    },
    heartbeat: (producer, sessionIds) => intake.heartbeat(producer, sessionIds),
    recordSessionEvent: (producer, input) => intake.recordSessionEvent(producer, input),
    confirmKill: (producer, sessionId) => intake.confirmKill(producer, sessionId),
    closeSession: (producer, input) => intake.closeSession(producer, input),
  };
};

describe('what a cast holds comes out equal', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  const event = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom('o', 'i'), text)
        .map(([code, data]) => ({ code, data, stored: [Buffer.from(data).toString('hex')] })),
    },
    { weight: 1, arbitrary: text.map((data) => ({ code: 'm', data, stored: [data] })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 10_000 }))
        .map(([columns, rows]) => ({ code: 'r', data: `${columns}x${rows}`, stored: [columns, rows] })),
    },
    { weight: 1, arbitrary: fc.nat(255).map((status) => ({ code: 'x', data: `${status}`, stored: [status, null] })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('z', 'my code'), text)
        .map(([code, data]) => ({ code, data, stored: [data] })),
    },
  );
  const timed = fc.array(fc.tuple(fc.oneof(fc.nat(3_000_000), fc.nat(2 ** 40)), event), { maxLength: 30 });
  const seconds = (us: number): string => `${Math.floor(us / 1_000_000)}.${`${us % 1_000_000}`.padStart(6, '0')}`;

  test.each([1, 2, 3] as const)('version %i: every event, byte for byte, at its millisecond', async (version) => {
    let seed = 0;
    await fc.assert(
      fc.asyncProperty(timed, fc.integer({ min: 1, max: 200 }), async (all, pieceBytes) => {
        const events = version === 1 ? all.filter(([, { code }]) => code === 'o') : all;
        seed += 1;
        let us = 0;
        const lines = events.map(([interval, { code, data }]) => {
          us += interval;
          const time = version === 2 ? seconds(us) : seconds(interval);
          return version === 1
            ? `[${time}, ${JSON.stringify(data)}]`
            : `[${time}, ${JSON.stringify(code)}, ${JSON.stringify(data)}]`;
        });
        // The title makes each a content of its own.
        const file =
          version === 1
            ? `{"version": 1, "width": 80, "height": 24, "title": "${seed}", "duration": 1, "stdout": [${lines.join(', ')}]}`
            : version === 2
              ? [`{"version": 2, "width": 80, "height": 24, "title": "${seed}"}`, ...lines].join('\n')
              : [`{"version": 3, "term": {"cols": 80, "rows": 24}, "title": "${seed}"}`, ...lines].join('\n');
        const { recordingId, status } = await importOne(importParts(opened.intake), sourceOf(file, pieceBytes));
        expect(status).toBe('imported');
        const stored = (await storedOf(recordingId)) as [number, string, ...unknown[]][];
        expect(stored.map(([, ...rest]) => rest)).toEqual(
          events.map(([, { code, stored: payload }]) => [code, ...payload]),
        );
        let exactUs = 0;
        for (const [at, [interval]] of events.entries()) {
          exactUs += interval;
          expect(Math.abs((stored[at]?.[0] ?? 0) * 1000 - exactUs)).toBeLessThanOrEqual(501);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('the same content', () => {
  test('twice is one session: the second time it is known', async () => {
    const content = cast([[0.5, 'o', 'twice']]);
    const first = await importOne(opened.intake, content);
    await opened.closer.settled();
    const before = [await countSessions(), await opened.catalog.revision()];
    const again = await importOne(opened.intake, content);
    expect([first.status, again]).toEqual(['imported', { ...first, status: 'known' }]);
    expect([await countSessions(), await opened.catalog.revision()]).toEqual(before);
  });

  test('at once is taken in once, and the others know it', async () => {
    const parts = importParts(opened.intake);
    const before = await countSessions();
    const content = large(600_000, 3);
    const imported = await Promise.all(Array.from({ length: 4 }, () => importOne(parts, content)));
    expect(imported.map(({ status }) => status).toSorted()).toEqual(['imported', 'known', 'known', 'known']);
    expect(new Set(imported.map(({ sessionId }) => sessionId)).size).toBe(1);
    expect(await countSessions()).toBe(before + 1);
    expect(await storedOf(imported[0]?.recordingId ?? null)).toHaveLength(600);
    expect(parts.claims.size).toBe(0);
  });

  test('of another producer is another session, and one byte more is another content', async () => {
    const content = cast([[0.5, 'o', 'whose']]);
    const mine = await importOne(opened.intake, content);
    const theirs = await importOne(
      { ...importParts(opened.intake), producer: { producer: 'others', actor: 'x' } },
      content,
    );
    const longer = await importOne(opened.intake, `${content}\n`);
    expect(new Set([mine, theirs, longer].map(({ sessionId }) => sessionId)).size).toBe(3);
  });

  test('plain, as gzip and as zstd is one session, whatever the files are called', async () => {
    const content = Buffer.from(cast([[0.5, 'o', 'packed']]));
    const write = (name: string, bytes: Uint8Array): void => writeFileSync(path.join(folder.path, name), bytes);
    for (const [name, bytes] of [
      ['a.cast', content],
      ['b.cast.gz', gzipSync(content)],
      ['c.cast.zst', zstdCompressSync(content)],
      ['d.cast', gzipSync(content)],
      ['e', zstdCompressSync(content)],
    ] as const) {
      write(name, bytes);
    }
    const parts = importParts(opened.intake);
    const seen: unknown[] = [];
    const words = ['a.cast', 'b.cast.gz', 'c.cast.zst', 'd.cast', 'e', 'absent.cast'].map((name) =>
      path.join(folder.path, name),
    );
    for await (const source of importSources(words, () => {})) {
      if ('error' in source) seen.push('missing');
      else seen.push((await importOne(parts, source)).status);
    }
    expect(seen).toEqual(['imported', 'known', 'known', 'known', 'known', 'missing']);
  });
});

describe('an import that is interrupted', () => {
  test.each([1, 2, 4])('before batch %i goes on where it stopped: nothing is lost or doubled', async (at) => {
    const content = large(1_500_000, 10 + at);
    const stop = new AbortController();
    const sent: number[] = [];
    const intake = watched(({ firstEvent }, batches) => {
      sent.push(firstEvent);
      if (batches === at) stop.abort(new Error('Ctrl-C'));
    });
    await expect(importOne(intake, content, noDefaults, stop.signal)).rejects.toThrow('Ctrl-C');
    expect(sent).toHaveLength(at);
    const [open] = await opened.catalog.runningSessions('tests');
    expect(open).toMatchObject({ status: 'ACTIVE', epoch: 1 });
    const firsts: number[] = [];
    const again = await importOne(
      watched(({ firstEvent }) => void firsts.push(firstEvent)),
      content,
    );
    expect(again).toMatchObject({ status: 'imported', events: 1500, sessionId: open?.sessionId });
    // What is there is not sent again.
    expect(firsts[0]).toBeGreaterThan(sent.at(-1) ?? Infinity);
    expect(await storedOf(again.recordingId)).toEqual(
      await storedOf((await importOne(opened.intake, `${content}\n`)).recordingId),
    );
    expect(await opened.catalog.session(seesAll, again.sessionId)).toMatchObject({
      status: 'ENDED',
      recordingState: 'COMPLETE',
      epoch: 2,
    });
  });

  test('while it is read through the first time leaves nothing', async () => {
    const before = await countSessions();
    const stop = new AbortController();
    const source = sourceOf(large(300_000, 20));
    const open = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of source.open()) {
        yield piece;
        stop.abort(new Error('Ctrl-C'));
      }
    };
    await expect(importOne(opened.intake, { ...source, open }, noDefaults, stop.signal)).rejects.toThrow('Ctrl-C');
    expect(await countSessions()).toBe(before);
  });

  test('by a disk that fails is told, and goes on the next time', async () => {
    const content = large(800_000, 21);
    const failing = watched((_input, batches) => {
      if (batches === 2) throw new Error('the disk failed');
    });
    await expect(importOne(failing, content)).rejects.toThrow('the disk failed');
    expect(await importOne(opened.intake, content)).toMatchObject({ status: 'imported', events: 800 });
  });
});

describe('a file that is refused', () => {
  const filesIn = (): number =>
    readdirSync(recordingsPathOf(folder.path), { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(path.join(recordingsPathOf(folder.path), name)).isFile(),
    ).length;

  test.each([
    ['at its last line', `${large(700_000, 30)}not JSON\n`],
    ['at its header', '{"version": 2}\n[0, "o", "x"]\n'],
    ['because it is empty', ''],
    ['because its gzip is no recording', gzipSync('PK')],
  ])('%s leaves nothing in the catalog or on disk', async (_when, content) => {
    await opened.closer.settled();
    const before = [await countSessions(), await opened.catalog.revision(), filesIn()];
    await expect(importOne(opened.intake, content)).rejects.toThrow(NotARecording);
    await opened.closer.settled();
    expect([await countSessions(), await opened.catalog.revision(), filesIn()]).toEqual(before);
  });

  test('because its gzip is cut off leaves nothing, and says so', async () => {
    const file = path.join(folder.path, 'cut.cast.gz');
    writeFileSync(file, gzipSync(large(100_000, 31)).subarray(0, -20));
    const before = await countSessions();
    for await (const source of importSources([file], () => {})) {
      if ('error' in source) throw new Error(source.error);
      await expect(importOne(opened.intake, source)).rejects.toMatchObject({ code: 'Z_BUF_ERROR' });
    }
    expect(await countSessions()).toBe(before);
  });

  test('because of what was said of it names what was said', async () => {
    const content = cast([[0, 'o', 'wrong options']]);
    const refused = importOne(opened.intake, content, { ...noDefaults, client: { ip: 'nowhere' } });
    await expect(refused).rejects.toThrow(InvalidInput);
    await expect(refused).rejects.toMatchObject({ field: 'client.ip' });
  });

  test('because it began as somebody else is a Conflict', async () => {
    const content = large(600_000, 33);
    const stop = new AbortController();
    const intake = watched(() => stop.abort(new Error('Ctrl-C')));
    await expect(importOne(intake, content, { ...noDefaults, socket: 'one' }, stop.signal)).rejects.toThrow('Ctrl-C');
    await expect(importOne(opened.intake, content, { ...noDefaults, socket: 'other' })).rejects.toThrow(Conflict);
    expect(await importOne(opened.intake, content, { ...noDefaults, socket: 'one' })).toMatchObject({
      status: 'imported',
    });
  });
});

describe('a file as a session', () => {
  test('is who, what, where and when the caller says, else what the recording says, else unknown', async () => {
    const header = {
      timestamp: 1_700_000_000,
      env: { USER: 'zoë', TERM: 'xterm' },
      title: 'a title',
      command: '/bin/zsh',
    };
    const { sessionId } = await importOne(opened.intake, cast([[1.5, 'o', 'who']], header));
    expect(await opened.catalog.session(seesAll, sessionId)).toMatchObject({
      status: 'ENDED',
      protocol: 'SSH',
      user: { identity: 'zoë', email: null },
      socket: { name: 'imported' },
      client: { ip: '0.0.0.0' },
      startedAtMs: 1_700_000_000_000,
      endedAtMs: 1_700_000_001_500,
      durationMs: 1500,
      labels: { asciicast: 2, title: 'a title', command: '/bin/zsh', env: header.env },
    });
    const told = await importOne(opened.intake, cast([[1.5, 'o', 'told']], header), {
      ...noDefaults,
      protocol: 'KUBERNETES',
      user: { email: 'ann@example.com' },
      socket: 'cluster',
      server: { port: 6443 },
      startedAtMs: 5000,
    });
    expect(await opened.catalog.session(seesAll, told.sessionId)).toMatchObject({
      protocol: 'KUBERNETES',
      upstream: 'kubernetes',
      user: { identity: 'ann@example.com', email: 'ann@example.com' },
      socket: { name: 'cluster' },
      server: { name: 'cluster', port: 6443 },
      startedAtMs: 5000,
    });
    const unknown = await importOne(opened.intake, cast([[1.5, 'o', 'unknown']]));
    expect(await opened.catalog.session(seesAll, unknown.sessionId)).toMatchObject({
      user: { identity: 'unknown' },
      startedAtMs: testStartMs,
    });
  });

  test('of which too much is said keeps what fits', async () => {
    const env = { SHELL: 'x'.repeat(LABELS_BYTES_MAX) };
    const { sessionId } = await importOne(opened.intake, cast([[0, 'o', 'labels']], { env, title: 'fits' }));
    expect((await opened.catalog.session(seesAll, sessionId))?.labels).toEqual({ asciicast: 2, title: 'fits' });
  });

  test('counts the times that went backwards', async () => {
    const { clampedTimes, recordingId } = await importOne(
      opened.intake,
      cast([
        [2, 'o', 'a'],
        [1, 'o', 'b'],
        [3, 'o', 'c'],
      ]),
    );
    expect(clampedTimes).toBe(1);
    expect((await storedOf(recordingId)).map((event) => (event as number[])[0])).toEqual([2000, 2000, 3000]);
  });

  test('that is too large to be kept is read twice, and smaller ones once', async () => {
    const small = sourceOf(large(300_000, 40));
    await importOne(opened.intake, small);
    expect(small.opened).toBe(1);
    const big = sourceOf(large(18_000_000, 41, 100_000));
    const { events, recordingId } = await importOne(opened.intake, big);
    expect([big.opened, events]).toEqual([2, 180]);
    await opened.closer.settled();
    expect(recordingId === null ? null : await opened.catalog.recording(seesAll, recordingId)).toMatchObject({
      state: 'COMPLETE',
      eventCount: events,
    });
  });
});
