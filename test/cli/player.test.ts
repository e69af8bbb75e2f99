import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlayClock } from '../../src/cli/play-clock.ts';
import { PlayKeys } from '../../src/cli/play-keys.ts';
import { playedOutput, type PlayedOutput } from '../../src/cli/played-output.ts';
import { Player } from '../../src/cli/player.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { joinRun } from '../../src/format/run-bytes.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import type { Run } from '../../src/model/run.ts';

const at = (timeMs: number, text: string): RecordedEvent => ({ timeMs, code: 'o', payload: [Buffer.from(text)] });

async function* runsOf(events: readonly RecordedEvent[]): AsyncGenerator<Run> {
  for (const [firstEvent, event] of events.entries()) {
    const { timeMs } = event;
    const msgpack = joinRun(firstEvent, [{ firstMs: timeMs, lastMs: timeMs, msgpack: encodeBatch([event]) }]);
    yield { firstEvent, eventCount: 1, firstMs: timeMs, lastMs: timeMs, msgpack, carry: new Uint8Array(0) };
  }
}

/** A player of these events whose clock only moves when it is told, and what it showed. */
const playerOf = (events: readonly RecordedEvent[], { idleLimitMs = Infinity, fromMs = 0, gap = () => {} } = {}) => {
  const now = 0;
  let shown = '';
  const waiting = new Set<() => void>();
  const clock = new PlayClock(() => now, 1);
  const player = new Player({
    clock,
    show: async (text) => {
      shown += text;
      for (const look of waiting) look();
    },
    clear: async () => {
      shown += '|';
    },
    open: () => playedOutput(runsOf(events), { idleLimitMs, mayRing: () => player.isInTime, gap }),
    fromMs,
  });
  const shows = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!shown.endsWith(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { player, clock, shows, shown: () => shown };
};

const abc = [at(0, 'a'), at(10_000, 'b'), at(20_000, 'c'), at(30_000, 'd')];

test('what was due is shown at once, and the rest waits; forward shows what lies between, back shows all again', async () => {
  const { player, shows, shown } = playerOf(abc);
  const over = player.play(new AbortController().signal);
  await shows('a');
  player.command({ kind: 'seek', byMs: 10_000 });
  await shows('ab');
  player.command({ kind: 'seek', byMs: 10_000 });
  await shows('abc');
  player.command({ kind: 'seek', byMs: -5000 });
  await shows('|ab');
  player.command({ kind: 'seek', byMs: -50_000 });
  await shows('|a');
  player.command({ kind: 'end' });
  await over;
  expect(shown()).toBe('abc|ab|a');
});

test('a step shows the next output while paused, and the end is waited for until somebody goes on', async () => {
  const { player, shows, clock } = playerOf(abc.slice(0, 2));
  const over = player.play(new AbortController().signal);
  await shows('a');
  player.command({ kind: 'step' });
  player.command({ kind: 'pause' });
  player.command({ kind: 'step' });
  await shows('ab');
  expect(clock.placeMs).toBe(10_000);
  player.command({ kind: 'step' });
  player.command({ kind: 'pause' });
  await over;
});

test('quiet times are cut to the limit, and what is before the place to begin at is shown at once', async () => {
  const places: PlayedOutput[] = [];
  const parts = { idleLimitMs: 1000, mayRing: () => true, gap: () => {} };
  for await (const output of playedOutput(runsOf(abc), parts)) places.push(output);
  expect(places.map(({ placeMs, timeMs }) => [placeMs, timeMs])).toEqual([
    [0, 0],
    [1000, 10_000],
    [2000, 20_000],
    [3000, 30_000],
  ]);
  const { player, shows, clock } = playerOf(abc, { fromMs: 15_000 });
  const end = new AbortController();
  const over = player.play(end.signal);
  await shows('ab');
  await new Promise(setImmediate);
  expect(clock.placeMs).toBe(15_000);
  end.abort();
  await over;
});

test('a limit of nothing plays all of it at once, without bells; gaps are told, and no output is a picture', async () => {
  let gaps = 0;
  const events = [
    at(0, 'a\u0007'),
    { timeMs: 5, code: 'gap', payload: [{ lostEvents: 1, lostBytes: null, cause: 'x' }] },
  ];
  const typed: RecordedEvent = { timeMs: 7, code: 'i', payload: [Buffer.from('password')] };
  const { player, shown } = playerOf([...events, typed, at(9000, 'b')], { idleLimitMs: 0, gap: () => (gaps += 1) });
  await player.play(new AbortController().signal);
  expect({ shown: shown(), gaps }).toEqual({ shown: 'ab', gaps: 1 });
});

test('a recording that cannot be read ends the playing with why', async () => {
  const clock = new PlayClock(() => 0, 1);
  const nothing = async (): Promise<void> => {};
  const open = async function* (): AsyncGenerator<PlayedOutput> {
    yield { timeMs: 0, placeMs: 0, text: 'a' };
    throw new Error('the disk is gone');
  };
  const player = new Player({ clock, show: nothing, clear: nothing, open, fromMs: 0 });
  await expect(player.play(new AbortController().signal)).rejects.toThrow('the disk is gone');
});

test('the clock runs by its speed, stands while paused, and keeps its place when the speed changes', () => {
  let now = 0;
  const clock = new PlayClock(() => now, 2);
  now = 1000;
  expect(clock.placeMs).toBe(2000);
  expect(clock.untilMs(3000)).toBe(500);
  clock.pauseOrGoOn();
  now = 5000;
  expect([clock.placeMs, clock.untilMs(3000), clock.untilMs(1000)]).toEqual([2000, Infinity, -1000]);
  clock.pauseOrGoOn();
  clock.changeSpeed(1e9);
  now = 5001;
  expect(clock.placeMs).toBe(2100);
});

test('arrows are known in both forms, also when they come in pieces, and other keys are passed over', () => {
  const keys = new PlayKeys();
  const kinds = (text: string): readonly string[] => keys.read(Buffer.from(text)).map(({ kind }) => kind);
  expect(kinds(' .q\u0003')).toEqual(['pause', 'step', 'end', 'end']);
  expect(kinds('\u001b[A\u001b[B\u001bOC\u001bOD\u001b[1;2C')).toEqual(['speed', 'speed', 'seek', 'seek', 'seek']);
  expect([...kinds('\u001b'), ...kinds('['), ...kinds('D')]).toEqual(['seek']);
  expect(kinds('x\u001b[Z\u001b[5~ é__proto__')).toEqual(['pause']);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void new PlayKeys().read(bytes)));
});
