import { TEXT_LENGTH_MAX } from '../../model/limits.ts';
import type { Session } from '../../model/session.ts';
import { present } from '../present.ts';
import { classification, OCSF_VERSION, type OcsfActivity } from './ocsf-class.ts';
import { ocsfActor, ocsfDestination, ocsfSource, ocsfUser } from './ocsf-parties.ts';

const severities = { 1: 'Informational', 2: 'Low', 3: 'Medium' } as const;
const statuses = { 0: 'Unknown', 1: 'Success', 2: 'Failure' } as const;

/** What every event says. */
export type OcsfFacts = {
  readonly activity: OcsfActivity;
  /** Names the event. */
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly severity: keyof typeof severities;
  readonly status: keyof typeof statuses;
  readonly message: string;
  /** What the class has beside. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** What the schema has no place for. */
  readonly unmapped?: Readonly<Record<string, unknown>>;
};

/** An event of the schema. @param version this program's */
export const ocsfEventOf = (session: Session, facts: OcsfFacts, version: string): object => {
  const classified = classification(facts.activity);
  return {
    ...classified,
    time: facts.timeMs,
    severity_id: facts.severity,
    severity: severities[facts.severity],
    status_id: facts.status,
    status: statuses[facts.status],
    // The whole of it is in the event's own attributes.
    message: facts.message.slice(0, TEXT_LENGTH_MAX).toWellFormed(),
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Reeltime', vendor_name: 'Reeltime', version },
      uid: facts.uid,
      correlation_uid: session.sessionId,
      // Classes of the network have an actor by this profile alone.
      ...(classified.category_uid === 4 ? { profiles: ['host'] } : {}),
    },
    actor: ocsfActor(session),
    ...(facts.activity.class === 'authentication' ? { user: ocsfUser(session) } : {}),
    src_endpoint: ocsfSource(session),
    dst_endpoint: ocsfDestination(session),
    ...ofClass(session, facts),
    ...present(facts.attributes ?? {}),
    unmapped: present({ ...aboutSession(session), ...facts.unmapped }),
  };
};

/** Attributes of which a class wants one at least. */
const ofClass = (session: Session, { activity, attributes = {} }: OcsfFacts): object => {
  const { server, socket, upstream, client } = session;
  switch (activity.class) {
    case 'datastore':
      return { database: { name: socket.name, type_id: 0, type: upstream }, type_id: 1, type: 'Database' };
    case 'http':
      if ('http_request' in attributes || 'http_response' in attributes) return {};
      return {
        http_request: present({
          url: { url_string: `//${hostOf(server.name)}:${server.port}/` },
          user_agent: client.software,
        }),
      };
    case 'api':
      return { api: { operation: activity.name, service: { name: upstream === '' ? 'kubernetes' : upstream } } };
    case 'ssh':
    case 'network':
    case 'authentication':
      return {};
  }
};

/** As URLs have it (RFC 3986 section 3.2.2). */
const hostOf = (name: string): string => (name.includes(':') ? `[${name}]` : name);

const aboutSession = (session: Session): Readonly<Record<string, unknown>> => ({
  session_id: session.sessionId,
  protocol: session.protocol,
  upstream: session.upstream,
  ssh_user: session.sshUser,
  client_software: session.client.software,
});
