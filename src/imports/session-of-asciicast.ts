import type { AsciicastHeader } from '../format/asciicast/asciicast-header.ts';
import type { SessionId } from '../model/ids.ts';
import type { OpenSession } from '../model/intake.ts';
import { LABELS_BYTES_MAX } from '../model/limits.ts';
import type { ImportDefaults } from './import-defaults.ts';
import { recordingIdOf } from './session-id.ts';

/** The address of a client that nobody knows. */
const UNKNOWN_ADDRESS = '0.0.0.0';

/** A recording in a file as the session that it was. */
export const sessionOfAsciicast = (
  header: AsciicastHeader,
  sessionId: SessionId,
  modifiedAtMs: number,
  defaults: ImportDefaults,
): OpenSession => {
  const { user, client, server } = defaults;
  const identity = user.identity ?? user.email ?? header.env?.['USER'] ?? 'unknown';
  const protocol = defaults.protocol ?? 'SSH';
  return {
    sessionId,
    protocol,
    upstream: defaults.upstream,
    user: {
      identity,
      email: user.email ?? null,
      name: user.name ?? null,
      picture: user.picture ?? null,
      sub: user.sub ?? null,
      nickname: user.nickname ?? null,
      isServiceAccount: user.isServiceAccount ?? false,
    },
    socket: { socketId: null, name: defaults.socket ?? 'imported' },
    client: { ip: client.ip ?? UNKNOWN_ADDRESS, port: client.port ?? null, software: client.software ?? null },
    server: { name: server.name ?? defaults.socket ?? 'imported', port: server.port ?? 0 },
    sshUser: defaults.sshUser,
    authInfo: defaults.authInfo,
    labels: labelsOf(header),
    startedAtMs: defaults.startedAtMs ?? header.startedAtMs ?? Math.floor(modifiedAtMs),
    denyReason: null,
    recording: {
      recordingId: recordingIdOf(sessionId),
      kind: 'TERMINAL',
      columns: header.columns,
      rows: header.rows,
    },
  };
};

/** What the recording says of itself, for people. */
const labelsOf = (header: AsciicastHeader): OpenSession['labels'] => {
  const all = {
    asciicast: header.version,
    title: header.title,
    command: header.command,
    term: header.termType,
    env: header.env,
    theme: header.theme,
    tags: header.tags.length === 0 ? null : header.tags,
    idleTimeLimit: header.idleTimeLimitSeconds,
  };
  const labels: Record<string, unknown> = {};
  let left = LABELS_BYTES_MAX - 2;
  for (const [name, value] of Object.entries(all)) {
    if (value === null) continue;
    left -= new TextEncoder().encode(JSON.stringify({ [name]: value })).length;
    if (left >= 0) labels[name] = value;
  }
  return labels;
};
