import { type JsonObject, listAt, numberAt, textAt } from '../format/lines/json-fields.ts';
import { readTeleportAddress, type TeleportEvent } from '../format/teleport/audit-event.ts';
import { TERMINAL_CELLS_MAX } from '../model/limits.ts';
import type { RecordingKind } from '../model/recording.ts';
import type { SessionProtocol } from '../model/session.ts';
import type { ImportDefaults } from './import-defaults.ts';
import { type FoundSession, importedSession } from './imported-session.ts';
import type { ImportedSession } from './import-step.ts';

type Kind = { readonly protocol: SessionProtocol; readonly upstream: string; readonly recording: RecordingKind | null };

/** What kind of session an event is of, by its name and fields. */
const kindOf = ({ name, fields }: TeleportEvent): Kind => {
  const proto = textAt(fields, 'proto');
  if (name.startsWith('db.')) {
    return { protocol: 'DATABASE', upstream: textAt(fields, 'db_protocol') ?? 'database', recording: 'DATABASE' };
  }
  if (name.startsWith('app.')) return { protocol: 'HTTP', upstream: 'http', recording: 'HTTP' };
  if (name === 'kube.request') return { protocol: 'KUBERNETES', upstream: 'kubernetes', recording: 'KUBERNETES' };
  if (name.startsWith('windows.')) return { protocol: 'TCP', upstream: 'rdp', recording: null };
  if (name === 'user.login') return { protocol: 'HTTP', upstream: 'teleport', recording: null };
  const isKubernetes = proto === 'kube' || textAt(fields, 'kubernetes_cluster') !== null;
  const [protocol, upstream] = isKubernetes ? (['KUBERNETES', 'kubernetes'] as const) : (['SSH', 'ssh'] as const);
  return { protocol, upstream, recording: 'TERMINAL' };
};

/** The session that an event begins. @param denyReason why it never ran; null when it did */
export const teleportSession = (
  event: TeleportEvent,
  denyReason: string | null,
  defaults: ImportDefaults,
  startedAtMs: number = event.atMs,
): ImportedSession => {
  const { fields } = event;
  const { protocol, upstream, recording } = kindOf(event);
  const [columns, rows] = terminalSize(textAt(fields, 'size'));
  const sizes = recording === 'TERMINAL' ? { columns, rows } : { columns: null, rows: null };
  return importedSession(
    {
      protocol,
      upstream,
      user: whoOf(fields),
      ...whatOf(fields),
      client: {
        ...readTeleportAddress(textAt(fields, 'addr.remote')),
        software: textAt(fields, 'user_agent') ?? textAt(fields, 'user_agent_string'),
      },
      sshUser: protocol === 'SSH' ? textAt(fields, 'login') : null,
      authInfo: textAt(fields, 'method'),
      labels: labelsOf(fields),
      startedAtMs,
      denyReason,
      recording: recording === null ? null : { kind: recording, ...sizes },
    },
    defaults,
  );
};

const whoOf = (fields: JsonObject): FoundSession['user'] => {
  const user = textAt(fields, 'user');
  const isEmail = user !== null && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(user);
  // NOTE 2 is a machine's in Teleport's UserKind.
  return { identity: user, email: isEmail ? user : null, isServiceAccount: numberAt(fields, 'user_kind') === 2 };
};

const whatOf = (fields: JsonObject): Pick<FoundSession, 'socket' | 'server'> => {
  const names = ['server_hostname', 'db_service', 'app_name', 'kubernetes_cluster', 'desktop_name', 'cluster_name'];
  const socket = names.map((name) => textAt(fields, name)).find((name) => name !== null) ?? null;
  const address = ['db_uri', 'app_uri', 'desktop_addr', 'addr.local'].map((name) => textAt(fields, name));
  const url = address.find((text) => text !== null) ?? null;
  const match = /^(?:\w+:\/\/)?\[?([^/\]]+?)\]?(?::(\d{1,5}))?(?:\/.*)?$/.exec(url ?? '');
  const name = textAt(fields, 'server_hostname') ?? match?.[1] ?? socket;
  return { socket, server: { name, port: match?.[2] === undefined ? null : Number(match[2]) } };
};

const labelsOf = (fields: JsonObject): FoundSession['labels'] => ({
  teleportSession: textAt(fields, 'sid'),
  cluster: textAt(fields, 'cluster_name'),
  serverId: textAt(fields, 'server_id'),
  databaseUser: textAt(fields, 'db_user'),
  database: textAt(fields, 'db_name'),
  pod: textAt(fields, 'kubernetes_pod_name'),
  container: textAt(fields, 'kubernetes_container_name'),
  accessRequests: listAt(fields, 'access_requests').length === 0 ? null : listAt(fields, 'access_requests'),
});

/** `80:25`. */
const terminalSize = (text: string | null): readonly [columns: number | null, rows: number | null] => {
  const [columns, rows] = sizeOf(text) ?? [null, null];
  return [columns, rows];
};

/** Columns and rows of a size such as `80:25`; null where it is none. */
export const sizeOf = (text: string | null): readonly [columns: number, rows: number] | null => {
  const match = /^(\d{1,5}):(\d{1,5})$/.exec(text ?? '');
  const [columns, rows] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return columns < 1 || rows < 1 || columns > TERMINAL_CELLS_MAX || rows > TERMINAL_CELLS_MAX ? null : [columns, rows];
};
