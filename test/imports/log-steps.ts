import { createHash } from 'node:crypto';
import type { ImportFormat, ImportGiven } from '../../src/imports/import-format.ts';
import { HEAD_BYTES_MAX } from '../../src/imports/import-source.ts';
import type { ImportedSession, ImportStep } from '../../src/imports/import-step.ts';
import { IMPORT_SESSIONS_OPEN_MAX } from '../../src/model/limits.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { noDefaults, sourceOf } from './importing.ts';

/** A session as a reader of a log tells of it. */
export type LogSession = {
  readonly key: string;
  readonly session: ImportedSession;
  readonly events: RecordedEvent[];
  readonly told: string[];
  end: { readonly endedAtMs: number; readonly reason: string | null } | null;
};

export type LogRead = {
  readonly sessions: readonly LogSession[];
  readonly skips: readonly { readonly line: number; readonly reason: string }[];
};

export const given = (change: Partial<ImportGiven> = {}): ImportGiven => ({
  defaults: noDefaults,
  signal: new AbortController().signal,
  newHash: () => createHash('sha256'),
  timeZone: 'UTC',
  ...change,
});

/** Whether the format says that such a file is its own. */
export const isKnown = (format: ImportFormat, content: string | Uint8Array, name = 'a.log'): boolean =>
  format.recognises({ name, bytes: Buffer.from(content).subarray(0, HEAD_BYTES_MAX), siblings: new Set([name]) });

/** What a format reads in the content, by session in the order of their openings; steps that make no sense fail. */
export const readLog = async (
  format: ImportFormat,
  content: string | Uint8Array,
  change: Partial<ImportGiven> & { readonly modifiedAtMs?: number; readonly pieceBytes?: number } = {},
): Promise<LogRead> => {
  const { modifiedAtMs = Date.UTC(2026, 0), pieceBytes, ...rest } = change;
  const source = { ...sourceOf(content, pieceBytes), modifiedAtMs };
  const sessions: LogSession[] = [];
  const skips: LogRead['skips'][number][] = [];
  const open = new Map<string, LogSession>();
  const keys = new Set<string>();
  for await (const step of format.read(source, given(rest))) {
    if (step.kind === 'skip') skips.push({ line: step.line, reason: step.reason });
    else if (step.kind === 'open') {
      if (keys.has(step.key)) throw new Error(`the key is not unique: ${step.key}`);
      keys.add(step.key);
      const session: LogSession = { key: step.key, session: step.session, events: [], told: [], end: null };
      sessions.push(session);
      if (step.session.denyReason === null) open.set(step.key, session);
      if (open.size > IMPORT_SESSIONS_OPEN_MAX) throw new Error('too many sessions are open at once');
    } else follow(open, step);
  }
  return { sessions, skips };
};

const follow = (open: Map<string, LogSession>, step: Exclude<ImportStep, { readonly kind: 'open' | 'skip' }>): void => {
  const session = open.get(step.key);
  if (session === undefined) throw new Error(`${step.kind} of a session that is not open`);
  if (step.kind === 'events') session.events.push(...step.events);
  else if (step.kind === 'tell') session.told.push(step.message);
  else {
    session.end = { endedAtMs: step.endedAtMs, reason: step.reason };
    open.delete(step.key);
  }
};
