import type { Visibility } from '../../model/access.ts';
import { PAGE_ITEMS_MAX } from '../../model/limits.ts';
import { firstPage } from '../../model/page.ts';
import type { Recording } from '../../model/recording.ts';
import type { Session, SessionProtocol } from '../../model/session.ts';
import type { CatalogReader } from '../../store/catalog/catalog.ts';

/** What these clients call the protocols. */
export const sessionTypes: Readonly<Record<SessionProtocol, string>> = {
  SSH: 'ssh',
  KUBERNETES: 'kubernetes',
  DATABASE: 'database',
  HTTP: 'http',
  TCP: 'tls',
};

/** RFC 3339 to the second. */
const timeOf = (timeMs: number): string => `${new Date(timeMs).toISOString().slice(0, 19)}Z`;

/** A flag as text: its two letters as regional indicators. */
const flagOf = (countryCode: string): string =>
  String.fromCodePoint(...Array.from(countryCode.toUpperCase(), (letter) => 0x1f1e6 + letter.charCodeAt(0) - 65));

/** What is known of the place that a session came from, in the words of these clients. */
export const locationElement = ({ client: { location } }: Session) => ({
  city_name: location?.city ?? null,
  country_code: location?.countryCode ?? null,
  country_name: location?.country ?? null,
  isp: null,
  latitude: location?.latitude ?? null,
  longitude: location?.longitude ?? null,
  region_code: null,
  region_name: location?.region ?? null,
});

const elementOf = (session: Session, recordings: readonly Recording[]) => ({
  session_id: session.sessionId,
  socket_id: session.socket.socketId,
  socket_name: session.socket.name,
  start_time: timeOf(session.startedAtMs),
  last_seen: timeOf(session.lastSeenAtMs),
  end_time: session.endedAtMs === null ? null : timeOf(session.endedAtMs),
  user_email: session.user.email ?? session.user.identity,
  server_name: session.server.name,
  server_port: String(session.server.port),
  client_ip: session.client.ip,
  client_port: session.client.port === null ? '' : String(session.client.port),
  audit_log: session.recordingCount > 0,
  name: session.user.name ?? '',
  picture: session.user.picture ?? '',
  sub: session.user.sub ?? '',
  nickname: session.user.nickname ?? '',
  killed: session.kill !== null,
  session_type: sessionTypes[session.protocol],
  sshuser: session.sshUser,
  result: session.status === 'DENIED' ? 'denied' : 'success',
  auth_info: session.authInfo,
  country_code: session.client.location?.countryCode ?? null,
  country_flag: session.client.location?.countryCode == null ? null : flagOf(session.client.location.countryCode),
  metadata: { ip_metadata: locationElement(session) },
  recordings: recordings.map(({ recordingId, startedAtMs }) => ({
    recording_id: recordingId,
    start_time: timeOf(startedAtMs),
  })),
});

/** A session as an element of `session_logs`: names and types are those that the clients of the session-log API know. */
export type SessionElement = ReturnType<typeof elementOf>;

/** With at most PAGE_ITEMS_MAX recordings. */
export const sessionElement = async (
  catalog: CatalogReader,
  visibility: Visibility,
  session: Session,
): Promise<SessionElement> => {
  if (session.recordingCount === 0) return elementOf(session, []);
  const { items } = await catalog.recordings(visibility, session.sessionId, firstPage(PAGE_ITEMS_MAX));
  return elementOf(session, items);
};

/** In the order given. */
export const sessionElements = (
  catalog: CatalogReader,
  visibility: Visibility,
  sessions: readonly Session[],
): Promise<SessionElement[]> => Promise.all(sessions.map((session) => sessionElement(catalog, visibility, session)));
