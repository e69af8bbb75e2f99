import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { LINE_TOO_LONG, type LogLine, readLogLines } from '../format/lines/log-lines.ts';
import { PulledBytes } from '../format/pulled-bytes.ts';
import type { SudoCommand } from '../format/sudo-iolog/sudo-log.ts';
import { readSudoTiming, type SudoStream, type SudoTiming } from '../format/sudo-iolog/sudo-timing.ts';
import type { ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';
import { TerminalTrack } from './terminal-track.ts';

/** Bytes of one event. */
const PIECE_BYTES = 64 * 1024;

export type SudoFiles = {
  readonly key: string;
  readonly startedAtMs: number;
  readonly command: SudoCommand;
  readonly timing: ImportSource;
  readonly streams: ReadonlyMap<SudoStream, ImportSource>;
  readonly signal: AbortSignal;
};

/** Reads the times once, so that nothing is opened for a file that is none. A last line that is torn is passed over. @throws NotARecording */
export const checkSudoTiming = async (timing: ImportSource, signal: AbortSignal): Promise<void> => {
  for await (const _group of timings(timing, signal));
};

async function* timings(timing: ImportSource, signal: AbortSignal): AsyncGenerator<readonly SudoTiming[], void, void> {
  let torn: LogLine | null = null;
  for await (const lines of readLogLines(timing.open())) {
    signal.throwIfAborted();
    const group: SudoTiming[] = [];
    for (const line of lines) {
      if (torn !== null) throw new NotARecording('timing: not a line of sudo timing', torn.number);
      if (line.text === null) throw new NotARecording(`timing: ${LINE_TOO_LONG}`, line.number);
      if (line.text.trim() === '') continue;
      const entry = readSudoTiming(line.text);
      if (entry === null) torn = line;
      else group.push(entry);
    }
    yield group;
  }
}

/** The events of an opened sudo I/O log, to its close. Memory does not grow with the files. */
export async function* playSudo(files: SudoFiles): AsyncGenerator<ImportStep, void, void> {
  const { key, startedAtMs, command, timing, signal } = files;
  await using streams = new OpenStreams(files.streams);
  const track = new TerminalTrack(key);
  const cut = new Map<SudoStream, number>();
  let timeUs = 0;
  if (command.command !== null) {
    const directory = command.runDirectory ?? command.submitDirectory;
    yield* track.add(0, 'cmd', command.command, { directory, exitStatus: command.exitStatus });
  }
  for await (const group of timings(timing, signal)) {
    for (const entry of group) {
      timeUs += entry.delayUs;
      if (entry.kind === 'size') yield* track.add(timeUs, 'r', entry.columns, entry.rows);
      else if (entry.kind === 'suspend') yield* track.add(timeUs, 'm', suspension(entry.signal));
      else yield* play(entry, timeUs, streams, track, cut);
    }
  }
  track.reach(timeUs);
  for (const [stream, lostBytes] of cut) {
    yield* track.gap({ lostEvents: null, lostBytes, cause: `${stream} ends before its times do` });
  }
  const { exitStatus, signal: killedBy } = command;
  if (exitStatus !== null || killedBy !== null) yield* track.add(timeUs, 'x', exitStatus, killedBy);
  yield* track.close(startedAtMs);
}

const suspension = (signal: string): string => (signal === 'CONT' ? 'continued' : `suspended (SIG${signal})`);

async function* play(
  { stream, size }: Extract<SudoTiming, { kind: 'data' }>,
  timeUs: number,
  streams: OpenStreams,
  track: TerminalTrack,
  cut: Map<SudoStream, number>,
): AsyncGenerator<ImportStep, void, void> {
  const code = stream === 'stdin' || stream === 'ttyin' ? 'i' : 'o';
  for (let left = size; left > 0;) {
    const bytes = await streams.next(stream, Math.min(left, PIECE_BYTES));
    if (bytes === null) {
      cut.set(stream, (cut.get(stream) ?? 0) + left);
      return;
    }
    left -= bytes.length;
    yield* track.add(timeUs, code, bytes);
  }
}

/** Each stream's file, opened when it is wanted first. */
class OpenStreams implements AsyncDisposable {
  readonly #sources: ReadonlyMap<SudoStream, ImportSource>;
  readonly #open = new Map<SudoStream, PulledBytes>();

  constructor(sources: ReadonlyMap<SudoStream, ImportSource>) {
    this.#sources = sources;
  }

  /** Null at its end, and where there is no such file. */
  async next(stream: SudoStream, countMax: number): Promise<Uint8Array | null> {
    let pulled = this.#open.get(stream);
    const source = this.#sources.get(stream);
    if (pulled === undefined && source !== undefined) {
      pulled = new PulledBytes(source.open());
      this.#open.set(stream, pulled);
    }
    return (await pulled?.next(countMax)) ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pulled of this.#open.values()) await pulled[Symbol.asyncDispose]();
  }
}
