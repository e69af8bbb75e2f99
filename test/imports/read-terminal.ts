import { createHash } from 'node:crypto';
import type { ImportFormat, ImportGiven } from '../../src/imports/import-format.ts';
import type { ImportedSession, ImportStep } from '../../src/imports/import-step.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { noDefaults } from './importing.ts';
import { fileOf, type MemoryFolder } from './memory-folder.ts';

/** What the steps of one file say of a session. */
export type ReadSession = {
  readonly session: ImportedSession;
  readonly events: readonly RecordedEvent[];
  readonly end: { readonly afterMs: number; readonly reason: string | null } | null;
  readonly told: readonly string[];
};
export type ReadFile = { readonly sessions: readonly ReadSession[]; readonly skips: readonly string[] };

/** Reads a file of a folder with a format, step by step. @throws what reading it throws */
export const readTerminal = async (
  format: ImportFormat,
  folder: MemoryFolder,
  name: string,
  given: Partial<ImportGiven> = {},
  pieceBytes?: number,
): Promise<ReadFile> => {
  const steps: ImportStep[] = [];
  const whole: ImportGiven = {
    defaults: noDefaults,
    signal: new AbortController().signal,
    newHash: () => createHash('sha256'),
    timeZone: 'UTC',
    ...given,
  };
  for await (const step of format.read(fileOf(folder, name, pieceBytes), whole)) steps.push(step);
  const skips = steps.flatMap((step) => (step.kind === 'skip' ? [`${step.line}: ${step.reason}`] : []));
  return { sessions: steps.flatMap((step) => (step.kind === 'open' ? [sessionOf(step, steps)] : [])), skips };
};

const sessionOf = (
  { key, session }: Extract<ImportStep, { kind: 'open' }>,
  all: readonly ImportStep[],
): ReadSession => {
  const steps = all.filter((step) => 'key' in step && step.key === key);
  const close = steps.find((step) => step.kind === 'close');
  return {
    session,
    events: steps.flatMap((step) => (step.kind === 'events' ? step.events : [])),
    end: close === undefined ? null : { afterMs: close.endedAtMs - session.startedAtMs, reason: close.reason },
    told: steps.flatMap((step) => (step.kind === 'tell' ? [step.message] : [])),
  };
};

/** Events as people write them: milliseconds, code, and texts for bytes. */
export const written = (events: readonly RecordedEvent[]): readonly unknown[] =>
  events.map(({ timeMs, code, payload }) => [
    timeMs,
    code,
    ...payload.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)),
  ]);

/** All bytes of one code, joined. */
export const bytesOf = (events: readonly RecordedEvent[], code: string): Buffer =>
  Buffer.concat(events.flatMap((event) => (event.code === code ? [event.payload[0] as Uint8Array] : [])));
