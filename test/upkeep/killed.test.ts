import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openInstallation } from '../../src/cli/compose.ts';
import { dataFolderAt } from '../../src/cli/data-folder.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { seesAll } from '../../src/model/access.ts';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import { pathOfTool, toolTest } from '../require.ts';
import { type Child, startChild } from '../store/child-process.ts';
import { noise, openFeed, output, plain, producer, readEvents, terminal } from '../store/feeding.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

type Fed = {
  readonly recordingId: RecordingId;
  readonly sessionId: SessionId;
  readonly sent: number;
  readonly acknowledged: number;
};

/** What the process said of its recordings: how many batches it sent, and how many of them were acknowledged to it. */
const ledgerOf = ({ lines }: Child): readonly Fed[] => {
  const words = lines.map((line) => line.split(' '));
  return words
    .filter(([word]) => word === 'opened')
    .map(([, which, recordingId, sessionId]) => ({
      recordingId: recordingId as RecordingId,
      sessionId: sessionId as SessionId,
      sent: words.filter(([word, of]) => word === 'sent' && of === which).length,
      acknowledged: words.filter(([word, of]) => word === 'acknowledged' && of === which).length,
    }));
};

const eventsOf = (batches: number, bytes: number) =>
  Array.from({ length: batches }, (_, batch) => [
    output(batch, `batch ${batch} `),
    output(batch, noise(bytes, batch + 1)),
  ]).flat();

/** All that was acknowledged is there; what is there is the beginning of what was sent; each recording goes on and is sealed. */
const expectKept = async (ledger: readonly Fed[], bytes: number): Promise<void> => {
  const problems: unknown[] = [];
  await using installation = await openInstallation(dataFolderAt(folder.path), (...told) => void problems.push(told));
  for (const { recordingId, sessionId, sent, acknowledged } of ledger) {
    const events = plain(await readEvents(installation.reader, recordingId));
    expect(events.length).toBeGreaterThanOrEqual(2 * acknowledged);
    expect(events.length).toBeLessThanOrEqual(2 * sent);
    expect(events).toEqual(plain(eventsOf(events.length / 2, bytes)));
    const session = await installation.catalog.session(seesAll, sessionId);
    expect(session).toMatchObject({ status: 'ACTIVE', recordingState: 'LIVE' });
    const again = await openFeed(installation, {
      sessionId,
      recording: { ...terminal, recordingId },
    });
    await again.append(output(1_000_000, 'and on'));
    await again.close();
    await installation.closer.settled();
    expect(await installation.reader.verify(seesAll, recordingId)).toMatchObject({ ok: true });
    expect((await readEvents(installation.reader, recordingId)).length).toBe(events.length + 1);
    const locator = (await installation.catalog.locator(seesAll, recordingId)) ?? '';
    if (pathOfTool('zstd') !== null) execFileSync('zstd', ['-tq', path.join(folder.path, 'recordings', locator)]);
  }
  expect(problems.filter((told) => JSON.stringify(told).includes('"error"'))).toEqual([]);
};

test.each([
  ['in the middle of small batches', 3, 50, 40],
  ['while chunks are being closed', 3, 60_000, 25],
  ['with a recording of large batches', 1, 700_000, 6],
])(
  'a process that is killed with -9 %s loses nothing that it acknowledged, and frees its folder at once',
  async (_when, recordings, bytes, batches) => {
    await using child = startChild('upkeep/feeding-process.ts', [folder.path, `${recordings}`, `${bytes}`]);
    await child.line((line) => line === `acknowledged 0 ${batches}`);
    child.process.kill('SIGKILL');
    expect((await child.ended).signal).toBe('SIGKILL');
    const ledger = ledgerOf(child);
    expect(ledger).toHaveLength(recordings);
    expect(ledger[0]?.acknowledged).toBeGreaterThan(batches);
    await expectKept(ledger, bytes);
  },
);

toolTest('strace')(
  'when every sync of the disk fails (EIO), nothing more is acknowledged, and what was is there',
  async () => {
    const failing = [
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fdatasync,fsync',
      '-e',
      'inject=fdatasync,fsync:error=EIO:when=60+',
    ];
    await using child = startChild('upkeep/feeding-process.ts', [folder.path, '1', '50'], failing);
    await child.line((line) => line.startsWith('refused'));
    child.process.kill('SIGTERM');
    await child.ended;
    const [fed] = ledgerOf(child);
    expect(fed?.acknowledged).toBeGreaterThan(5);
    expect(child.lines.at(-1)).toContain('refused 0');
    await expectKept(fed === undefined ? [] : [fed], 50);
  },
);

test('a producer that sends its last batch again after the kill is told that it is there', async () => {
  await using child = startChild('upkeep/feeding-process.ts', [folder.path, '1', '50']);
  await child.line((line) => line === 'acknowledged 0 20');
  child.process.kill('SIGKILL');
  await child.ended;
  const [fed] = ledgerOf(child);
  if (fed === undefined) throw new Error('it fed one');
  await using installation = await openInstallation(dataFolderAt(folder.path), () => {});
  const recording = { ...terminal, recordingId: fed.recordingId };
  const again = await openFeed(installation, { sessionId: fed.sessionId, recording });
  expect(again.epoch).toBe(2);
  const whole = { recordingId: fed.recordingId, epoch: 2, firstEvent: 0, msgpack: encodeBatch(eventsOf(fed.sent, 50)) };
  const { nextEvent } = await installation.intake.appendEvents(producer, whole);
  expect(nextEvent).toBe(2 * fed.sent);
  expect(plain(await readEvents(installation.reader, fed.recordingId))).toEqual(plain(eventsOf(fed.sent, 50)));
});
