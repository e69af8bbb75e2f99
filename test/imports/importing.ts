import { createHash } from 'node:crypto';
import { importAsciicast, type Imported } from '../../src/imports/import-asciicast.ts';
import type { ImportDefaults } from '../../src/imports/import-defaults.ts';
import type { ImportParts } from '../../src/imports/import-parts.ts';
import type { ImportSource } from '../../src/imports/import-source.ts';
import type { Intake } from '../../src/model/intake.ts';
import { producer } from '../store/feeding.ts';
import { testStartMs } from '../store/opened-folder.ts';

/** Nothing is known beside what the recording says. */
export const noDefaults: ImportDefaults = {
  protocol: null,
  upstream: null,
  user: {},
  socket: null,
  client: {},
  server: {},
  sshUser: null,
  authInfo: null,
  startedAtMs: null,
};

export const importParts = (intake: Intake): ImportParts => ({
  intake,
  producer,
  newHash: () => createHash('sha256'),
  claims: new Map(),
});

/** The content as a file that was written at testStartMs, and how often it was opened. */
export const sourceOf = (content: string | Uint8Array, pieceBytes = 64 * 1024): ImportSource & { opened: number } => {
  const bytes = Buffer.from(content);
  const source = {
    fileName: 'file',
    sibling: () => null,
    modifiedAtMs: testStartMs,
    opened: 0,
    async *open(): AsyncGenerator<Uint8Array, void, void> {
      source.opened += 1;
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
  };
  return source;
};

export const importOne = (
  intake: Intake | ImportParts,
  content: string | Uint8Array | ImportSource,
  defaults: ImportDefaults = noDefaults,
  signal: AbortSignal = new AbortController().signal,
): Promise<Imported> => {
  const parts = 'intake' in intake ? intake : importParts(intake);
  const source = typeof content === 'string' || content instanceof Uint8Array ? sourceOf(content) : content;
  return importAsciicast(parts, source, defaults, signal);
};
