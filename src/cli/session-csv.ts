import type { ReadSession } from '../client/read-session.ts';
import { type CsvCell, csvLine } from '../format/csv.ts';
import { printable } from './printable.ts';

const time = (timeMs: number | null | undefined): string | null =>
  timeMs == null ? null : new Date(timeMs).toISOString();

/** Columns in their order, and what each has of a session. Columns are only ever added, at the end. */
const columns: Readonly<Record<string, (session: ReadSession) => CsvCell>> = {
  session_id: ({ sessionId }) => sessionId,
  started_at: ({ startedAtMs }) => time(startedAtMs),
  last_seen_at: ({ lastSeenAtMs }) => time(lastSeenAtMs),
  ended_at: ({ endedAtMs }) => time(endedAtMs),
  duration_seconds: ({ durationMs }) => durationMs / 1000,
  status: ({ status }) => status,
  protocol: ({ protocol }) => protocol,
  upstream: ({ upstream }) => upstream,
  user_identity: ({ user }) => user.identity,
  user_email: ({ user }) => user.email,
  user_name: ({ user }) => user.name,
  is_service_account: ({ user }) => user.isServiceAccount,
  socket_id: ({ socket }) => socket.socketId,
  socket_name: ({ socket }) => socket.name,
  client_ip: ({ client }) => client.ip,
  client_port: ({ client }) => client.port,
  client_software: ({ client }) => client.software,
  client_city: ({ client }) => client.location?.city ?? null,
  client_country_code: ({ client }) => client.location?.countryCode ?? null,
  server_name: ({ server }) => server.name,
  server_port: ({ server }) => server.port,
  ssh_user: ({ sshUser }) => sshUser,
  auth_info: ({ authInfo }) => authInfo,
  deny_reason: ({ denyReason }) => denyReason,
  attempt_count: ({ attemptCount }) => attemptCount,
  end_reason: ({ endReason }) => endReason,
  killed: ({ kill }) => kill !== null,
  kill_requested_at: ({ kill }) => time(kill?.requestedAtMs),
  kill_requested_by: ({ kill }) => kill?.requestedBy ?? null,
  kill_reason: ({ kill }) => kill?.reason ?? null,
  recording_state: ({ recordingState }) => recordingState,
  recording_state_reason: ({ recordingStateReason }) => recordingStateReason,
};

const harmless = (cell: CsvCell): CsvCell => (typeof cell === 'string' ? printable(cell) : cell);

/** The names of the columns, as the first line. */
export const csvHead = (): string => csvLine(Object.keys(columns));

/** A session as a line of CSV: no cell has a control character, or what a spreadsheet takes for a formula. */
export const sessionCsv = (session: ReadSession): string =>
  csvLine(Object.values(columns).map((cellOf) => harmless(cellOf(session))));
