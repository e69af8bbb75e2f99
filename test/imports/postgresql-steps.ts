import { createHash } from 'node:crypto';
import { NotARecording } from '../../src/format/asciicast/not-a-recording.ts';
import type { ImportFormat, ImportGiven } from '../../src/imports/import-format.ts';
import { HEAD_BYTES_MAX, type ImportSource } from '../../src/imports/import-source.ts';
import type { ImportedSession, ImportStep } from '../../src/imports/import-step.ts';
import { postgresqlCsvFormat, postgresqlJsonFormat, postgresqlTextFormat } from '../../src/imports/postgresql.ts';
import { noDefaults, sourceOf } from './importing.ts';

/** A query of a session, as its two events say. Null: no result is in the log. */
export type FoundQuery = {
  readonly statement: string;
  readonly parameters: unknown;
  readonly durationMs: number | null;
  readonly error: string | null;
  readonly errorCode: string | null;
  readonly rowCount: number | null;
};

export type FoundSession = {
  readonly session: ImportedSession;
  readonly queries: readonly FoundQuery[];
  readonly times: readonly number[];
  readonly end: { readonly atMs: number; readonly reason: string | null } | null;
};

export type FoundLog = {
  readonly format: string | null;
  readonly sessions: readonly FoundSession[];
  readonly skips: readonly { readonly line: number; readonly reason: string }[];
  readonly refusal: string | null;
};

const formats = [postgresqlCsvFormat, postgresqlJsonFormat, postgresqlTextFormat];

/** All steps of a log, by session. Format: the first that knows it. */
export const readLog = async (
  content: string | Uint8Array,
  given: Partial<ImportGiven> & { readonly modifiedAtMs?: number } = {},
): Promise<FoundLog> => {
  const bytes = Buffer.from(content);
  const head = { name: 'a.log', bytes: bytes.subarray(0, HEAD_BYTES_MAX), siblings: new Set<string>() };
  const format = formats.find((each) => each.recognises(head));
  if (format === undefined) return { format: null, sessions: [], skips: [], refusal: null };
  const source = { ...sourceOf(content), modifiedAtMs: given.modifiedAtMs ?? Date.UTC(2026, 0) };
  const log = new LogOfSteps(format.name);
  try {
    for await (const step of stepsOf(format, source, given)) log.add(step);
  } catch (error) {
    if (!(error instanceof NotARecording)) throw error;
    return { ...log.found(), refusal: error.message };
  }
  return log.found();
};

export const allSteps = async (
  format: ImportFormat,
  source: ImportSource,
  given: Partial<ImportGiven> = {},
): Promise<readonly ImportStep[]> => {
  const steps: ImportStep[] = [];
  for await (const step of stepsOf(format, source, given)) steps.push(step);
  return steps;
};

const stepsOf = (
  format: ImportFormat,
  source: ImportSource,
  given: Partial<ImportGiven>,
): AsyncGenerator<ImportStep, void, void> =>
  format.read(source, {
    defaults: noDefaults,
    signal: new AbortController().signal,
    newHash: () => createHash('sha256'),
    timeZone: 'UTC',
    ...given,
  });

type Growing = {
  session: ImportedSession;
  queries: Map<string, FoundQuery>;
  times: number[];
  end: FoundSession['end'];
};

/** Holds what every reader must keep to: nothing before its open or after its close, no time that goes back. */
class LogOfSteps {
  readonly #format: string;
  readonly #open = new Map<string, Growing>();
  readonly #all: Growing[] = [];
  readonly #skips: { line: number; reason: string }[] = [];

  constructor(format: string) {
    this.#format = format;
  }

  add(step: ImportStep): void {
    if (step.kind === 'skip') {
      this.#skips.push({ line: step.line, reason: step.reason });
    } else if (step.kind === 'open') {
      if (this.#open.has(step.key)) throw new Error('it is open already');
      const begun: Growing = { session: step.session, queries: new Map(), times: [], end: null };
      this.#all.push(begun);
      if (step.session.denyReason === null) this.#open.set(step.key, begun);
    } else {
      const session = this.#open.get(step.key);
      if (session === undefined) throw new Error(`${step.kind} of a session that is not open`);
      if (step.kind === 'close') {
        session.end = { atMs: step.endedAtMs, reason: step.reason };
        this.#open.delete(step.key);
      } else if (step.kind === 'events') {
        for (const { timeMs, code, payload } of step.events) {
          session.times.push(timeMs);
          addEvent(session.queries, code, payload);
        }
      }
    }
  }

  found(): FoundLog {
    const sessions = this.#all.map((session) => ({ ...session, queries: [...session.queries.values()] }));
    return { format: this.#format, sessions, skips: this.#skips, refusal: null };
  }
}

const addEvent = (queries: Map<string, FoundQuery>, code: string, payload: readonly unknown[]): void => {
  const id = String(payload[0]);
  if (code === 'sql') {
    const { parameters } = payload[2] as { parameters: unknown };
    const nothing = { durationMs: null, error: null, errorCode: null, rowCount: null };
    queries.set(id, { statement: String(payload[1]), parameters, ...nothing });
  } else {
    const query = queries.get(id);
    if (query === undefined) throw new Error('a result without its query');
    queries.set(id, { ...query, ...(payload[1] as Partial<FoundQuery>) });
  }
};
