import type { Visibility } from '../model/access.ts';
import { SEEN_TOLD_MS } from '../model/limits.ts';
import type { Revision } from '../model/revision.ts';
import type { Session } from '../model/session.ts';
import type { SessionChange } from '../model/session-change.ts';
import type { SessionFilter } from '../model/session-filter.ts';
import type { CatalogReader, SessionChangeRow } from '../store/catalog/catalog.ts';
import { type Bus, sessionsTopic } from './bus.ts';
import { type AtRest, waitsAtRest } from './tail.ts';

export type SessionFeedParts = {
  readonly catalog: CatalogReader;
  readonly bus: Bus;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
};

/** Sessions that one look reads. */
const PAGE = 100;

/**
 * Every material change of a session that the filter matches, after a revision or from now on: the latest state of each session
 * once, then as changes come, without a gap. Reads only when asked for the next, so that whoever reads slowly is told the
 * newest state of each session and none between. In between, who was seen since: at most once in SEEN_TOLD_MS a session.
 * @throws RevisionUnknown
 */
export async function* followSessions(
  { catalog, bus, clock }: SessionFeedParts,
  visibility: Visibility,
  filter: SessionFilter,
  after: Revision | null,
  signal: AbortSignal,
  atRest: AtRest<Revision> = waitsAtRest,
): AsyncGenerator<SessionChange, void, void> {
  using listener = bus.listen(sessionsTopic);
  let place = after ?? (await catalog.revision());
  let seenUntilMs = clock();
  while (!signal.aborted) {
    const changed = await catalog.changedSessions(visibility, filter, place, PAGE);
    for (const row of changed) {
      place = row.session.revision;
      const change = changeOf(row);
      if (change !== null) yield change;
      if (signal.aborted) return;
    }
    if (changed.length === PAGE) continue;
    if (atRest(place)) return;
    const nowMs = clock();
    if (nowMs - seenUntilMs >= SEEN_TOLD_MS) {
      for await (const session of seen(catalog, visibility, filter, seenUntilMs, nowMs)) {
        // NOTE its own revision may be ahead of changes of others that are not told yet.
        yield { kind: 'UPDATED', revision: place, sessionId: session.sessionId, session };
      }
      seenUntilMs = nowMs;
      continue;
    }
    await listener.next(signal, SEEN_TOLD_MS - (nowMs - seenUntilMs));
  }
}

/** Null for one that does not match, and never did. */
const changeOf = ({ session, matches, mayHaveMatched, isNew, hasEnded }: SessionChangeRow): SessionChange | null => {
  const { sessionId, revision } = session;
  if (matches) return { kind: hasEnded ? 'ENDED' : isNew ? 'STARTED' : 'UPDATED', revision, sessionId, session };
  return mayHaveMatched ? { kind: 'LEFT', revision, sessionId, session: null } : null;
};

async function* seen(
  catalog: CatalogReader,
  visibility: Visibility,
  filter: SessionFilter,
  afterMs: number,
  untilMs: number,
): AsyncGenerator<Session, void, void> {
  let fromMs = afterMs;
  for (;;) {
    const sessions = await catalog.seenSessions(visibility, filter, fromMs, untilMs, PAGE);
    yield* sessions;
    const lastMs = sessions.at(-1)?.lastSeenAtMs;
    // More than a page of one millisecond would not get on: the rest is told the next time.
    if (sessions.length < PAGE || lastMs === undefined || lastMs === fromMs) return;
    fromMs = lastMs;
  }
}
