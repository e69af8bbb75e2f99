import { Command, InvalidArgumentError, Option } from 'commander';
import type { ReadRecording } from '../client/read-session.ts';
import { typedEvents } from '../format/run-events.ts';
import { chooseRecording, hintOfOthers } from './chosen-recording.ts';
import { eventLine } from './event-line.ts';
import { PersonsTerminal } from './persons-terminal.ts';
import { PLAY_SPEED_MAX, PLAY_SPEED_MIN, PlayClock } from './play-clock.ts';
import { PlayKeys } from './play-keys.ts';
import { PlayScreen } from './play-screen.ts';
import { playedOutput } from './played-output.ts';
import { Player } from './player.ts';
import { print } from './print.ts';
import { readingDoorOf, withReadingOptions } from './reading-options.ts';
import type { ReadingDoor } from './reading-door.ts';

type PlayOptions = {
  readonly speed: number;
  readonly idleLimit: number;
  /** Milliseconds. */
  readonly from: number;
  readonly recording?: string;
};

const readSpeed = (text: string): number => {
  const speed = Number(text);
  if (!(speed >= PLAY_SPEED_MIN && speed <= PLAY_SPEED_MAX)) {
    throw new InvalidArgumentError(`must be from ${PLAY_SPEED_MIN} to ${PLAY_SPEED_MAX}`);
  }
  return speed;
};

const readSeconds = (text: string): number => {
  const seconds = Number(text);
  if (!/^\d{1,9}(\.\d+)?$/.test(text)) throw new InvalidArgumentError('must be seconds, 0 or more');
  return seconds;
};

/** @returns milliseconds */
const readPlace = (text: string): number => {
  const [, hours = '0', minutes = '0', seconds] =
    /^(?:(?:(\d{1,4}):)?(\d{1,2}):)?(\d{1,9}(?:\.\d+)?)$/.exec(text) ?? [];
  if (seconds === undefined) throw new InvalidArgumentError('must be seconds, or HH:MM:SS');
  return Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000);
};

const keysHelp = `
Keys while a terminal plays: space pauses and goes on, . shows the next output while paused, right and left go 5 seconds on
and back, up and down play faster and slower, q or Ctrl-C ends. A recording that is LIVE is followed to its end. Only what
draws reaches your terminal: no title, clipboard, mouse, key or question to it. Of other kinds a line is printed for each event.`;

/** `reeltime play`: a recording before a person's eyes, of a data folder or a server. */
export const playCommand = (signal: AbortSignal): Command =>
  withReadingOptions(
    new Command('play').description('play a recording').argument('<session>', "the session's UUID, or a recording's"),
  )
    .addOption(
      new Option('--speed <factor>', `how fast: ${PLAY_SPEED_MIN} to ${PLAY_SPEED_MAX}`)
        .argParser(readSpeed)
        .default(1),
    )
    .addOption(
      new Option('--idle-limit <seconds>', 'quiet times last at most so long')
        .argParser(readSeconds)
        .default(Infinity, 'as it was'),
    )
    .addOption(
      new Option('--from <place>', 'begin here: seconds from its start, or HH:MM:SS').argParser(readPlace).default(0),
    )
    .option('--recording <which>', 'which of its recordings: a number from 1, or a UUID; the first when absent')
    .addHelpText('after', keysHelp)
    .action(async (word: string, options: PlayOptions, command: Command) => {
      await using door = readingDoorOf(command);
      const chosen = await chooseRecording(door, word, options.recording);
      const { recording } = chosen;
      const hint = hintOfOthers(chosen, options.recording);
      if (hint !== null) process.stderr.write(hint);
      if (recording.kind === 'TERMINAL') await playTerminal(door, recording, options, signal);
      else await print(eventLines(door, recording, options.from, signal), signal);
    });

const playTerminal = async (
  door: ReadingDoor,
  recording: ReadRecording,
  { speed, idleLimit, from }: PlayOptions,
  signal: AbortSignal,
): Promise<void> => {
  const small = tooSmall(recording);
  if (small !== null) PersonsTerminal.say(small);
  let gaps = 0;
  {
    const keys = new PlayKeys();
    const gone = new AbortController();
    await using screen = new PlayScreen({
      typed: (bytes) => keys.read(bytes).forEach((key) => player.command(key)),
      gone: () => gone.abort(),
    });
    const now = (): number => performance.now();
    const mayRing = atMostOnceASecond(now);
    const player: Player = new Player({
      clock: new PlayClock(now, speed),
      show: (text) => screen.show(text),
      clear: () => screen.clear(),
      open: (reading) => {
        gaps = 0;
        return playedOutput(door.runs(recording.recordingId, reading), {
          idleLimitMs: idleLimit * 1000,
          mayRing: () => player.isInTime && mayRing(),
          gap: () => (gaps += 1),
        });
      },
      fromMs: from,
    });
    await player.play(AbortSignal.any([signal, gone.signal]));
  }
  if (small !== null) PersonsTerminal.say(small);
  if (gaps > 0) PersonsTerminal.say(`in ${gaps} places something of the recording is lost`);
};

/** What a person should know whose terminal is too small; null when it is not, or there is none. */
const tooSmall = ({ columns, rows }: ReadRecording): string | null => {
  const mine = PersonsTerminal.size();
  if (!process.stdout.isTTY || columns === null || rows === null) return null;
  if (mine.columns >= columns && mine.rows >= rows) return null;
  return `the recording has ${columns}x${rows} cells and this terminal ${mine.columns}x${mine.rows}: lines may look askew`;
};

const BELL_EVERY_MS = 1000;

const atMostOnceASecond = (now: () => number): (() => boolean) => {
  let lastMs = -BELL_EVERY_MS;
  return () => {
    if (now() - lastMs < BELL_EVERY_MS) return false;
    lastMs = now();
    return true;
  };
};

/** Lines of the events that are not before a place. */
async function* eventLines(
  door: ReadingDoor,
  { recordingId }: ReadRecording,
  fromMs: number,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  for await (const run of door.runs(recordingId, signal)) {
    for (const typed of typedEvents(run)) if (typed.event.timeMs >= fromMs) yield `${eventLine(typed)}\n`;
  }
}
