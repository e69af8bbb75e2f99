import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { headLines } from '../format/lines/head-lines.ts';
import { isSudoLogName, logNamesOf, partNamesOf } from '../format/sudo-iolog/sudo-file-names.ts';
import { readLegacySudoLog, readSudoFields, type SudoCommand } from '../format/sudo-iolog/sudo-log.ts';
import { readSudoTiming, type SudoStream, sudoStreams } from '../format/sudo-iolog/sudo-timing.ts';
import { contentKey } from './content-key.ts';
import type { ImportFormat, ImportGiven } from './import-format.ts';
import type { FileHead, ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';
import { readHead } from './source-head.ts';
import { checkSudoTiming, playSudo } from './sudo-play.ts';
import { sudoLabels } from './sudo-session.ts';
import { terminalSession } from './terminal-session.ts';

/**
 * An I/O log of sudo: the folder of a command, with `log` or `log.json`, `timing`, and what went through each stream. One
 * session: who submitted it, on which host, as whom it ran. Input is taken in where sudo was told to log it; what its password
 * filter left out is not there. Lone `log` and `timing` files are refused.
 */
export const sudoIologFormat: ImportFormat = {
  name: 'sudo-iolog',
  title: 'sudo I/O log',
  recognises: ({ name, bytes }: FileHead) =>
    isTiming(bytes) || readLog(new TextDecoder().decode(bytes)) !== null || isNamedAndJson(name, bytes),
  isCompanion: ({ name, siblings }) =>
    logNamesOf(name).some((log) => siblings.has(log)) &&
    partNamesOf(name, 'timing').some((timing) => siblings.has(timing)),
  read,
};

const isTiming = (head: Uint8Array): boolean => {
  const lines = headLines(head);
  return lines.length > 0 && lines.every((line) => readSudoTiming(line) !== null);
};

/** A log.json whose JSON is broken, or has not what is needed, is refused as such. */
const isNamedAndJson = (name: string, head: Uint8Array): boolean =>
  isSudoLogName(name) && name.endsWith('.json') && /^\s*\{/.test(new TextDecoder().decode(head));

/** An event of sudo's event log has the same fields, and others that an I/O log has not. */
const isEvent = (fields: Readonly<Record<string, unknown>>): boolean =>
  ['uuid', 'submit_time', 'server_time', 'source'].some((name) => name in fields) || !('runargv' in fields);

const readLog = (text: string): SudoCommand | null => {
  const legacy = readLegacySudoLog(text);
  if (legacy !== null) return legacy;
  try {
    const value: unknown = JSON.parse(text);
    return isEvent(Object(value) as Record<string, unknown>) ? null : readSudoFields(value);
  } catch {
    return null;
  }
};

async function* read(source: ImportSource, given: ImportGiven): AsyncGenerator<ImportStep, void, void> {
  const head = await readHead(source);
  if (isTiming(head)) throw new NotARecording('the times of a sudo I/O log, whose log is not beside it', null);
  const text = new TextDecoder().decode(head);
  const command = readLog(text) ?? parsed(text);
  if (command === null) throw new NotARecording('not the log of a sudo I/O log: no user and command in it', null);
  const timing = partOf(source, 'timing');
  if (timing === null) throw new NotARecording('a sudo I/O log needs its timing file beside it, and its streams', null);
  const streams = new Map<SudoStream, ImportSource>();
  for (const stream of sudoStreams) {
    const file = partOf(source, stream);
    if (file !== null) streams.set(stream, file);
  }
  if (streams.size === 0) throw new NotARecording('a sudo I/O log needs ttyout, or stdout, beside it', null);
  await checkSudoTiming(timing, given.signal);
  const key = await contentKey([source, timing, ...streams.values()], given);
  const { columns, rows } = command;
  const session = terminalSession(
    {
      startedAtMs: command.submittedAtMs,
      upstream: 'sudo',
      user: { identity: command.submitUser },
      server: { name: command.submitHost, port: null },
      client: { ip: command.peerAddress, port: null, software: null },
      sshUser: command.runUser,
      size: columns === null || rows === null ? null : { columns, rows },
      labels: sudoLabels(command),
    },
    source,
    given,
  );
  yield { kind: 'open', key, session };
  yield* playSudo({ key, startedAtMs: session.startedAtMs, command, timing, streams, signal: given.signal });
}

const parsed = (text: string): SudoCommand | null => {
  try {
    return readSudoFields(JSON.parse(text));
  } catch {
    return null;
  }
};

const partOf = (source: ImportSource, part: string): ImportSource | null => {
  for (const name of partNamesOf(source.fileName, part)) {
    const file = source.sibling(name);
    if (file !== null) return file;
  }
  return null;
};
