import type { Recordings } from '../../../src/store/recordings/recordings.ts';

/** The real recordings, and which chunks were read of them, by their first events. */
export type CountedRecordings = { readonly recordings: Recordings; readonly reads: number[] };

export const countReads = (recordings: Recordings): CountedRecordings => {
  const reads: number[] = [];
  return {
    reads,
    recordings: {
      locate: (recordingId, startedAtMs) => recordings.locate(recordingId, startedAtMs),
      append: (target, chunk) => recordings.append(target, chunk),
      seal: (target, seal) => recordings.seal(target, seal),
      read: (chunk) => {
        reads.push(chunk.firstEvent);
        return recordings.read(chunk);
      },
      stored: (locator, start, end) => recordings.stored(locator, start, end),
      size: (locator) => recordings.size(locator),
      verify: (locator, rows, recording, key) => recordings.verify(locator, rows, recording, key),
      recover: (known, key) => recordings.recover(known, key),
    },
  };
};
