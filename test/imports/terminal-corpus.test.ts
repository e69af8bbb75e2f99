import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { RecordingId } from '../../src/model/ids.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { corpusDir, corpusTest, toolTest } from '../require.ts';
import { readEvents } from '../store/feeding.ts';
import { openFolder } from '../store/opened-folder.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';
import { type FileOutcome, importFolders } from './folder-import.ts';
import { bytesOf } from './read-terminal.ts';

type Read = {
  readonly outcomes: readonly FileOutcome[];
  /** How many files went which way: the format's name, `companion`, or why it was refused. */
  readonly counts: Readonly<Record<string, number>>;
  /** Events of the session that the file is. */
  readonly eventsOf: (file: string) => Promise<readonly RecordedEvent[]>;
};

/** Takes in a folder of the corpus, hands over what became of it, and lets it go. */
const withCorpus = async (folder: string, check: (read: Read) => Promise<void>): Promise<void> => {
  await using temporary = await temporaryFolder();
  await using opened = await openFolder(temporary.path, { clock: { nowMs: Date.UTC(2100, 0) } });
  const outcomes = await importFolders(opened, [path.join(corpusDir ?? '', folder)]);
  const counts: Record<string, number> = {};
  for (const { imported, reason, isCompanion } of outcomes) {
    const way = isCompanion ? 'companion' : (imported?.format ?? reason ?? '');
    counts[way] = (counts[way] ?? 0) + 1;
  }
  const eventsOf = async (file: string): Promise<readonly RecordedEvent[]> => {
    const recordingId = outcomes.find((outcome) => outcome.file === file)?.imported?.recordingId;
    if (recordingId === undefined || recordingId === null) throw new Error(`${file} has no recording`);
    return await readEvents(opened.reader, recordingId as RecordingId);
  };
  await check({ outcomes, counts, eventsOf });
  expect(opened.failures).toEqual([]);
};

const pathOf = (folder: string, file: string): string => path.join(corpusDir ?? '', folder, file);

corpusTest('ttyrec: all five are taken in, two of them with a gap for what is torn', async () => {
  await withCorpus('ttyrec', async ({ outcomes, counts, eventsOf }) => {
    expect(counts).toEqual({ ttyrec: 5 });
    expect(outcomes.flatMap(({ file, imported }) => ((imported?.skipped.count ?? 0) > 0 ? [file] : []))).toEqual([
      'malformed-data.ttyrec',
      'malformed-header.ttyrec',
    ]);
    // The compressed one is the same session.
    const ids = outcomes.map(({ imported }) => imported?.sessionId);
    expect(new Set(ids).size).toBe(4);
    const game = await eventsOf('nethack.ttyrec');
    expect(game).toHaveLength(1783);
    expect((await eventsOf('malformed-data.ttyrec')).at(-1)).toMatchObject({
      code: 'gap',
      payload: [{ lostBytes: 19 }],
    });
  });
});

corpusTest('typescript: all thirteen outputs are taken in byte for byte, with what lies beside them', async () => {
  await withCorpus('typescript', async ({ counts, eventsOf }) => {
    expect(counts).toEqual({ typescript: 13, companion: 21 });
    const frequent = await eventsOf('high-freq-stdout');
    expect(bytesOf(frequent, 'o').toString()).toBe('abcdefghijklmnopqrstuwxyz\n');
    expect(frequent.slice(0, 6).map(({ timeMs }) => timeMs)).toEqual([10, 16, 17, 17, 17, 1017]);
  });
});

corpusTest('sudo I/O logs: three are whole; logs, times and streams that are alone are refused by name', async () => {
  await withCorpus('sudo-iolog', async ({ counts, eventsOf }) => {
    expect(counts).toEqual({
      'sudo-iolog': 3,
      companion: 9,
      'a sudo I/O log needs its timing file beside it, and its streams': 17,
      'the times of a sudo I/O log, whose log is not beside it': 9,
      'no format that this program knows': 3,
    });
    const folder = 'sudo-iolog/sudo-project__sudo';
    for (const test of ['iolog_filter__test1', 'iolog_filter__test2', 'iolog_filter__test3']) {
      const events = await eventsOf(`${test}__log`);
      expect(bytesOf(events, 'o').equals(readFileSync(pathOf(folder, `${test}__ttyout`)))).toBe(true);
      expect(bytesOf(events, 'i').equals(readFileSync(pathOf(folder, `${test}__ttyin`)))).toBe(true);
    }
  });
});

corpusTest('sudo event logs: all twelve are commands that were let run', async () => {
  await withCorpus('sudo-eventlog', async ({ outcomes, counts }) => {
    expect(counts).toEqual({ 'sudo-events': 12 });
    expect(outcomes.map(({ imported }) => imported?.sessions)).toEqual(Array.from({ length: 12 }, () => 1));
  });
});

corpusTest('raw terminal bytes: all 44 with their sizes, byte for byte', async () => {
  await withCorpus('raw-pty', async ({ outcomes, counts, eventsOf }) => {
    expect(counts).toEqual({ 'raw-terminal': 44, companion: 44 });
    for (const { file, imported } of outcomes) {
      if (imported === null) continue;
      const bytes = bytesOf(await eventsOf(file), 'o');
      expect(bytes.equals(readFileSync(pathOf('raw-pty/alacritty__alacritty', file)))).toBe(true);
    }
  });
});

/** What a real script(1) records is taken in as it was shown. */
const recordedBy = async (
  words: readonly string[],
  check: (events: readonly RecordedEvent[], folder: string) => Promise<void>,
): Promise<void> => {
  await using recorded = await temporaryFolder();
  await using temporary = await temporaryFolder();
  await using opened = await openFolder(temporary.path, { clock: { nowMs: Date.UTC(2100, 0) } });
  const command = 'printf "za\\305\\274\\303\\263\\305\\202\\304\\207\\n"; sleep 0.3; echo bye; exit 3';
  const run = (): unknown =>
    execFileSync('script', ['-q', '-e', ...words, '-c', command], { cwd: recorded.path, stdio: 'ignore' });
  expect(run).toThrow(expect.objectContaining({ status: 3 }));
  const [outcome, ...others] = (await importFolders(opened, [recorded.path])).filter((each) => !each.isCompanion);
  expect(others).toEqual([]);
  const recordingId = outcome?.imported?.recordingId;
  if (recordingId === undefined || recordingId === null) throw new Error(`not taken in: ${outcome?.reason ?? ''}`);
  await check(await readEvents(opened.reader, recordingId), recorded.path);
};

toolTest('scriptreplay')('a recording that script(1) makes now plays as scriptreplay(1) plays it', async () => {
  await recordedBy(['--log-out', 'out.log', '--log-timing', 'out.timing'], async (events, cwd) => {
    const replayed = execFileSync('scriptreplay', ['-m', '0.01', '-T', 'out.timing', '-O', 'out.log'], { cwd });
    expect(bytesOf(events, 'o').toString()).toBe(replayed.toString().replace(/\n$/, ''));
    expect(bytesOf(events, 'o').toString()).toBe('zażółć\r\nbye\r\n');
    expect(events.at(-1)).toMatchObject({ code: 'x', payload: [3, null] });
    expect(events.at(-1)?.timeMs).toBeGreaterThanOrEqual(300);
  });
});

toolTest('script')('one in the older format of times has its status from the last line', async () => {
  const words = ['--log-out', 'typescript', '--log-timing', 'timing', '--logging-format', 'classic'];
  await recordedBy(words, async (events) => {
    expect(bytesOf(events, 'o').toString()).toBe('zażółć\r\nbye\r\n');
    expect(events.at(-1)).toMatchObject({ code: 'x', payload: [3, null] });
  });
});
