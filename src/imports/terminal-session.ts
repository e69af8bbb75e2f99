import type { ImportGiven } from './import-format.ts';
import type { ImportSource } from './import-source.ts';
import type { ImportedSession } from './import-step.ts';
import { type FoundSession, importedSession } from './imported-session.ts';

export type TerminalSize = { readonly columns: number; readonly rows: number };

/** The terminal that is assumed where nobody says how large it was. */
export const assumedSize: TerminalSize = { columns: 80, rows: 24 };

/** What a recording of a terminal says of itself; what it leaves out, nobody knows. */
export type FoundTerminal = Partial<Omit<FoundSession, 'startedAtMs' | 'recording' | 'denyReason'>> & {
  /** Null: when the file was written. */
  readonly startedAtMs: number | null;
  /** Null: 80 by 24, which the label `size` then says is assumed. */
  readonly size: TerminalSize | null;
};

/** A file with the recording of one terminal as the session that it was: SSH, unless the caller says otherwise. */
export const terminalSession = (
  found: FoundTerminal,
  source: ImportSource,
  given: Pick<ImportGiven, 'defaults' | 'columns' | 'rows'>,
): ImportedSession => {
  const { defaults } = given;
  const columns = given.columns ?? found.size?.columns ?? assumedSize.columns;
  const rows = given.rows ?? found.size?.rows ?? assumedSize.rows;
  const isAssumed = found.size === null && (given.columns === undefined || given.rows === undefined);
  return importedSession(
    {
      protocol: 'SSH',
      upstream: null,
      user: {},
      socket: null,
      client: { ip: null, port: null, software: null },
      server: { name: null, port: null },
      sshUser: null,
      authInfo: null,
      ...found,
      labels: { ...found.labels, size: isAssumed ? 'assumed' : null },
      startedAtMs: defaults.startedAtMs ?? found.startedAtMs ?? Math.floor(source.modifiedAtMs),
      denyReason: null,
      recording: { kind: 'TERMINAL', columns, rows },
    },
    defaults,
  );
};
