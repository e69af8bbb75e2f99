import type { Recordings } from '../../../src/store/recordings/recordings.ts';

/** The real recordings, but for the methods that a test puts in their place. */
export const changedRecordings = (files: Recordings, change: Partial<Recordings>): Recordings => ({
  locate: (recordingId, startedAtMs) => files.locate(recordingId, startedAtMs),
  append: (target, chunk) => files.append(target, chunk),
  seal: (target, seal) => files.seal(target, seal),
  read: (chunk) => files.read(chunk),
  stored: (locator, start, end) => files.stored(locator, start, end),
  size: (locator) => files.size(locator),
  verify: (locator, rows, recording, key) => files.verify(locator, rows, recording, key),
  recover: (known, key) => files.recover(known, key),
  ...change,
});

/** The real recordings, and which chunks were read of them, by their first events. */
export type CountedRecordings = { readonly recordings: Recordings; readonly reads: number[] };

export const countReads = (files: Recordings): CountedRecordings => {
  const reads: number[] = [];
  const read: Recordings['read'] = (chunk) => {
    reads.push(chunk.firstEvent);
    return files.read(chunk);
  };
  return { reads, recordings: changedRecordings(files, { read }) };
};
