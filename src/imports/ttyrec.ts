import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { ttyrecLayoutOf } from '../format/ttyrec/ttyrec-layout.ts';
import { type TtyrecFrame, TtyrecReader } from '../format/ttyrec/ttyrec-reader.ts';
import { sizeSaidIn } from '../format/ttyrec/ttyrec-size.ts';
import { contentKey } from './content-key.ts';
import type { ImportFormat, ImportGiven } from './import-format.ts';
import type { ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';
import { readHead } from './source-head.ts';
import { terminalSession } from './terminal-session.ts';
import { TerminalTrack } from './terminal-track.ts';

/** Times before 1990 are not when it was: the writer counted from the begin. */
const CLOCK_BEGINS_US = 631_152_000 * 1_000_000;

const named = /\.ttyrec2?(?:\.gz|\.bz2|\.zst)?$/i;

/**
 * ttyrec, also of two channels. The format has no terminal size: 80 by 24, unless the stream or the caller says. A file whose
 * end is torn, or that cannot be read from some frame on, is taken in with what is before, and a gap: a recording of what
 * crashed is worth keeping. Without one whole frame it is refused.
 */
export const ttyrecFormat: ImportFormat = {
  name: 'ttyrec',
  title: 'ttyrec (also ttyrec2)',
  recognises: ({ name, bytes }) => named.test(name) || ttyrecLayoutOf(bytes)?.isCertain === true,
  read,
};

async function* read(source: ImportSource, given: ImportGiven): AsyncGenerator<ImportStep, void, void> {
  const head = await readHead(source);
  const found = ttyrecLayoutOf(head);
  if (found === null) throw new NotARecording(whyNone(head), null);
  const { layout } = found;
  const key = await contentKey([source], given);
  const track = new TerminalTrack(key);
  const reader = new TtyrecReader(layout);
  let startedAtMs: number | null = null;
  let firstUs = 0;
  for await (const piece of source.open()) {
    given.signal.throwIfAborted();
    for (const frame of reader.push(piece)) {
      if (startedAtMs === null) {
        firstUs = frame.timeUs;
        const session = terminalSession(
          {
            startedAtMs: firstUs < CLOCK_BEGINS_US ? null : Math.floor(firstUs / 1000),
            size: sizeSaidIn(head),
            labels: { ttyrec: layout.hasChannel ? 2 : 1 },
          },
          source,
          given,
        );
        startedAtMs = session.startedAtMs;
        yield { kind: 'open', key, session };
      }
      yield* eventsOf(frame, firstUs, track);
    }
  }
  if (startedAtMs === null) throw new NotARecording(whyNone(head), null);
  const broken = reader.end();
  if (broken !== null) {
    const reason = `frame ${broken.frame} cannot be read: ${broken.reason}`;
    yield* track.gap({ lostEvents: null, lostBytes: broken.lostBytes, cause: reason });
    yield { kind: 'skip', line: broken.frame, reason };
  }
  yield* track.close(startedAtMs);
}

function* eventsOf(
  { timeUs, channel, bytes }: TtyrecFrame,
  firstUs: number,
  track: TerminalTrack,
): Generator<ImportStep, void, void> {
  // NOTE: channels above 1 are what a program adds for itself, such as a game's score.
  if (channel <= 1) yield* track.add(timeUs - firstUs, channel === 0 ? 'o' : 'i', bytes);
}

const whyNone = (head: Uint8Array): string => {
  const reader = new TtyrecReader({ isLittleEndian: true, hasChannel: false });
  reader.push(head);
  const broken = reader.end();
  if (head.length === 0) return 'the file is empty';
  return `not a ttyrec: ${broken === null ? 'no frame has data' : `frame ${broken.frame} cannot be read: ${broken.reason}`}`;
};
