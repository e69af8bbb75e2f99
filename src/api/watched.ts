import type { RecordingId, SessionId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Caller } from '../model/viewer.ts';
import type { ApiParts } from './parts.ts';

type Watcher = { readonly parts: ApiParts; readonly caller: Caller };

type Watched = { readonly sessionId: SessionId; readonly recordingId: RecordingId };

/**
 * Resolves when it is on record that the viewer watches the recording these runs, which follow one another, are of. Whoever
 * shows them waits for it: see Viewings.
 * @throws Unavailable when it cannot be written: then they are not shown
 */
export const noteWatched = async (
  { parts, caller }: Watcher,
  { sessionId, recordingId }: Watched,
  runs: readonly Run[],
): Promise<void> => {
  const first = runs[0];
  const last = runs.at(-1);
  if (first === undefined || last === undefined) return;
  const toEvent = last.firstEvent + last.eventCount;
  const range = { fromEvent: first.firstEvent, toEvent, fromMs: first.firstMs, toMs: last.lastMs };
  await parts.viewings.watched(caller, { sessionId, recordingId }, range);
};

/** The same runs, each handed on when it was noted that the viewer sees it. */
export async function* noteEachWatched(
  watcher: Watcher,
  watched: Watched,
  runs: AsyncIterable<Run>,
): AsyncGenerator<Run, void, void> {
  for await (const run of runs) {
    await noteWatched(watcher, watched, [run]);
    yield run;
  }
}
