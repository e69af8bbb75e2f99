import type { ReadRecording } from '../client/read-session.ts';
import { NotFound } from '../model/errors.ts';
import type { RecordingId } from '../model/ids.ts';
import { isUuid, parseRecordingId, parseSessionId } from '../model/parse-id.ts';
import { UsageError } from './exit-code.ts';
import type { FoundRecording, ReadingDoor } from './reading-door.ts';

/** The recording that words name, and how many others its session has that could have been meant. */
export type ChosenRecording = FoundRecording & { readonly count: number };

/**
 * @param word a session's UUID, or a recording's
 * @param wanted of a session: the recording's UUID, or its number from 1; the first when undefined
 * @throws NotFound, UsageError
 */
export const chooseRecording = async (
  door: ReadingDoor,
  word: string,
  wanted: string | undefined,
): Promise<ChosenRecording> => {
  const sessionId = parseSessionId(word, 'the session');
  const session = await door.session(sessionId);
  if (session === null) {
    const found = await door.recording(sessionId as string as RecordingId);
    if (found === null) throw new NotFound('no such session, or it has no recording');
    return { ...found, count: 1 };
  }
  const recordings: ReadRecording[] = [];
  for await (const recording of door.recordings(sessionId)) recordings.push(recording);
  const recording = recordings[placeOf(recordings, wanted)];
  if (recording !== undefined) return { session, recording, count: recordings.length };
  if (wanted === undefined) throw new NotFound('no such session, or it has no recording');
  throw new NotFound(`the session has ${recordings.length} recordings, and ${wanted} is none of them`);
};

const placeOf = (recordings: readonly ReadRecording[], wanted: string | undefined): number => {
  if (wanted === undefined) return 0;
  if (isUuid(wanted)) {
    const recordingId = parseRecordingId(wanted);
    return recordings.findIndex((recording) => recording.recordingId === recordingId);
  }
  if (!/^[1-9]\d{0,6}$/.test(wanted))
    throw new UsageError("--recording must be a number from 1, or a recording's UUID");
  return Number(wanted) - 1;
};

/** What a person should know who named a session of several recordings and none of them; null when there is nothing. */
export const hintOfOthers = ({ count }: ChosenRecording, wanted: string | undefined): string | null =>
  count > 1 && wanted === undefined ? `this is the first of ${count} recordings: --recording 2 is the next\n` : null;
