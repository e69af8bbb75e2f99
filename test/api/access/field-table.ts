import type { Fed } from '../feeding.ts';
import type { Level } from './callers.ts';

/** An open session, and what goes with what is fed. */
export type Feeding = { readonly sessionId: string; readonly recordingId: string; readonly epoch: number };

/** What the test has fed: everything that the table's queries reach. */
export type Reached = {
  /** Ended, with a recording that has an event of each kind. */
  readonly fed: Fed;
  /** Ids of sessions: one that runs, one that was refused, one that is not there. */
  readonly runs: string;
  readonly denied: string;
  readonly unknown: string;
  /** Of the producer `tests`: one that is being fed, and one that was cut. */
  readonly feeding: Feeding;
  readonly cut: Feeding;
  /** Ids of sessions that wait for their cut, one of each producer there is. */
  readonly killing: readonly string[];
  /** A revision before all of them. */
  readonly atFirst: string;
  /** Global id of a token that was revoked. */
  readonly revokedToken: string;
  /** A name that no token has. */
  readonly newName: () => string;
};

/** How an object of a type is reached: a query around a selection of its fields, and where in the answer it stands. */
export type Reach = {
  readonly query: (fields: string, reached: Reached) => string;
  readonly at: readonly (string | number)[];
  /** Over which transports: a mutation not by GET, a subscription only where there is a stream. */
  readonly kind?: 'mutation' | 'subscription';
};

const within = (before: string, at: readonly (string | number)[], after = ''): Reach => ({
  query: (fields, { fed }) => `{ session(sessionId: "${fed.sessionId}") { ${before} { ${fields} } ${after} } }`,
  at: ['session', ...at],
});

const kill = (type: string, sessionId: (reached: Reached) => string): Reach => ({
  query: (fields, reached) =>
    `mutation { killSession(input: { sessionId: "${sessionId(reached)}" }) { ... on ${type} { ${fields} } } }`,
  at: ['killSession'],
  kind: 'mutation',
});

const mutating = (mutation: string, type: string, input: (reached: Reached) => string): Reach => ({
  query: (fields, reached) => `mutation { ${mutation}(input: { ${input(reached)} }) { ... on ${type} { ${fields} } } }`,
  at: [mutation],
  kind: 'mutation',
});

/** The user of sessions of the producer `tests` alone: every producer has some of its own. */
export const ofAnn = 'filter: { userEmails: ["ann@example.com"] }';

/** A batch of one event, 0 from the start. */
const batch = ({ recordingId, epoch }: Feeding, firstEvent = 0): string =>
  `recordingId: "${recordingId}", epoch: ${epoch}, firstEvent: ${firstEvent}, events: [[0, "o", "a"]]`;

const opening =
  'protocol: SSH, user: { identity: "ann" }, socket: { name: "a" }, client: { ip: "192.0.2.7" }, server: { name: "a", port: 22 }';
const recordingOf = ({ feeding: { sessionId, epoch, recordingId } }: Reached): string =>
  `sessionId: "${sessionId}", epoch: ${epoch}, recordingId: "${recordingId}", kind: TERMINAL, columns: 80, rows: 24`;
const beats = ({ killing }: Reached): string => `sessionIds: ${JSON.stringify(killing)}`;

const event = (type: string, index: number): Reach =>
  within(
    `recording { chunks { nodes { events { ... on ${type}`,
    ['recording', 'chunks', 'nodes', 0, 'events', index],
    '} } } }',
  );

/** For every object type, by which query its fields are asked for. Events stand in the order in which the test feeds them. */
export const reaches: Readonly<Record<string, Reach>> = {
  Viewer: { query: (fields) => `{ viewer { ${fields} } }`, at: ['viewer'] },
  Session: { query: (fields, { fed }) => `{ session(sessionId: "${fed.sessionId}") { ${fields} } }`, at: ['session'] },
  SessionUser: within('user', ['user']),
  SessionSocket: within('socket', ['socket']),
  SessionClient: within('client', ['client']),
  SessionServer: within('server', ['server']),
  SessionKill: within('kill', ['kill']),
  Location: within('client { location', ['client', 'location'], '}'),
  User: within('user { user', ['user', 'user'], '}'),
  Socket: within('socket { socket', ['socket', 'socket'], '}'),
  SessionConnection: { query: (fields) => `{ sessions { ${fields} } }`, at: ['sessions'] },
  SessionEdge: { query: (fields) => `{ sessions(${ofAnn}) { edges { ${fields} } } }`, at: ['sessions', 'edges', 0] },
  SocketConnection: { query: (fields) => `{ sockets { ${fields} } }`, at: ['sockets'] },
  SocketEdge: { query: (fields) => `{ sockets { edges { ${fields} } } }`, at: ['sockets', 'edges', 0] },
  UserConnection: { query: (fields) => `{ users { ${fields} } }`, at: ['users'] },
  UserEdge: {
    query: (fields) => `{ users(nameContains: "ann@example.com") { edges { ${fields} } } }`,
    at: ['users', 'edges', 0],
  },
  SessionStatsGroupCount: {
    query: (fields) => `{ sessionStats(groupBy: USER, ${ofAnn}) { ${fields} } }`,
    at: ['sessionStats', 0],
  },
  PageInfo: { query: (fields) => `{ sessions { pageInfo { ${fields} } } }`, at: ['sessions', 'pageInfo'] },
  SessionEventConnection: within('events', ['events']),
  SessionEventEdge: within('events { edges', ['events', 'edges', 0], '}'),
  SessionEvent: within('events { nodes', ['events', 'nodes', 0], '}'),
  RecordingConnection: within('recordings', ['recordings']),
  RecordingEdge: within('recordings { edges', ['recordings', 'edges', 0], '}'),
  Recording: within('recording', ['recording']),
  RecordingDownload: within('recording { downloads', ['recording', 'downloads', 0], '}'),
  RecordingIntegrity: within('recording { integrity', ['recording', 'integrity'], '}'),
  IntegrityVerdict: within('recording { integrity { verify', ['recording', 'integrity', 'verify'], '} }'),
  RecordingChunkConnection: within('recording { chunks', ['recording', 'chunks'], '}'),
  RecordingChunkEdge: within('recording { chunks { edges', ['recording', 'chunks', 'edges', 0], '} }'),
  RecordingChunk: within('recording { chunks { nodes', ['recording', 'chunks', 'nodes', 0], '} }'),
  TerminalOutput: event('TerminalOutput', 0),
  TerminalInput: event('TerminalInput', 1),
  TerminalResize: event('TerminalResize', 2),
  RecordingMarker: event('RecordingMarker', 3),
  RecordingGap: event('RecordingGap', 4),
  OtherEvent: event('OtherEvent', 5),
  TerminalExit: event('TerminalExit', 6),
  CommandExecuted: event('CommandExecuted', 7),
  FileOperation: event('FileOperation', 8),
  HttpRequest: event('HttpRequest', 9),
  HttpResponse: event('HttpResponse', 10),
  HttpBody: event('HttpBody', 11),
  DatabaseQuery: event('DatabaseQuery', 12),
  DatabaseResult: event('DatabaseResult', 13),
  KubernetesRequest: event('KubernetesRequest', 14),
  KubernetesResponse: event('KubernetesResponse', 15),
  BrowserEvent: event('BrowserEvent', 16),
  KillSessionPayload: kill('KillSessionPayload', ({ runs }) => runs),
  ForbiddenError: kill('ForbiddenError', ({ unknown }) => unknown),
  NotFoundError: kill('NotFoundError', ({ unknown }) => unknown),
  ConflictError: kill('ConflictError', ({ denied }) => denied),
  ValidationError: {
    query: (fields, { unknown }) =>
      `mutation { killSession(input: { sessionId: "${unknown}", reason: "${'x'.repeat(5000)}" }) { ... on ValidationError { ${fields} } } }`,
    at: ['killSession'],
    kind: 'mutation',
  },
  KillSessionsPayload: mutating('killSessions', 'KillSessionsPayload', () => 'filter: {}, all: true, dryRun: true'),
  OpenSessionPayload: mutating('openSession', 'OpenSessionPayload', () => `${opening}, recording: { kind: TERMINAL }`),
  OpenRecordingPayload: mutating('openRecording', 'OpenRecordingPayload', recordingOf),
  AppendEventsPayload: mutating('appendEvents', 'AppendEventsPayload', ({ feeding }) => batch(feeding)),
  HeartbeatPayload: mutating('heartbeat', 'HeartbeatPayload', beats),
  KillRequest: {
    query: (fields, reached) =>
      `mutation { heartbeat(input: { ${beats(reached)} }) { ... on HeartbeatPayload { kills { ${fields} } } } }`,
    at: ['heartbeat', 'kills', 0],
    kind: 'mutation',
  },
  RecordSessionEventPayload: mutating(
    'recordSessionEvent',
    'RecordSessionEventPayload',
    ({ feeding }) => `sessionId: "${feeding.sessionId}", kind: NOTE, message: "a"`,
  ),
  ConfirmKillPayload: mutating('confirmKill', 'ConfirmKillPayload', ({ cut }) => `sessionId: "${cut.sessionId}"`),
  CloseSessionPayload: mutating(
    'closeSession',
    'CloseSessionPayload',
    (reached) => `sessionId: "${reached.fed.sessionId}"`,
  ),
  EventGapError: mutating('appendEvents', 'EventGapError', ({ feeding }) => batch(feeding, 1000)),
  FencedError: mutating('appendEvents', 'FencedError', ({ feeding }) => batch({ ...feeding, epoch: 0 })),
  SessionKilledError: mutating('appendEvents', 'SessionKilledError', ({ cut }) => batch(cut)),
  UnavailableError: mutating('openSession', 'UnavailableError', () => opening),
  SessionChange: {
    query: (fields, { atFirst }) => `subscription { sessionFeed(after: "${atFirst}") { ${fields} } }`,
    at: ['sessionFeed'],
    kind: 'subscription',
  },
  SessionEndedError: kill('SessionEndedError', ({ fed }) => fed.sessionId),
  TokenConnection: { query: (fields) => `{ tokens { ${fields} } }`, at: ['tokens'] },
  TokenEdge: { query: (fields) => `{ tokens { edges { ${fields} } } }`, at: ['tokens', 'edges', 0] },
  Token: { query: (fields) => `{ tokens { nodes { ${fields} } } }`, at: ['tokens', 'nodes', 0] },
  AuditEntryConnection: { query: (fields) => `{ auditLog { ${fields} } }`, at: ['auditLog'] },
  AuditEntryEdge: { query: (fields) => `{ auditLog { edges { ${fields} } } }`, at: ['auditLog', 'edges', 0] },
  AuditEntry: { query: (fields) => `{ auditLog { nodes { ${fields} } } }`, at: ['auditLog', 'nodes', 0] },
  CreateTokenPayload: {
    query: (fields, { newName }) =>
      `mutation { createToken(input: { name: "${newName()}", role: VIEWER }) { ... on CreateTokenPayload { ${fields} } } }`,
    at: ['createToken'],
    kind: 'mutation',
  },
  RevokeTokenPayload: {
    query: (fields, { revokedToken }) =>
      `mutation { revokeToken(input: { id: "${revokedToken}" }) { ... on RevokeTokenPayload { ${fields} } } }`,
    at: ['revokeToken'],
    kind: 'mutation',
  },
};

/** Fields of a type by who may see them. */
export type Row = { readonly [each in Level]?: string };

/** Every field of every object type, and who may see it. A field that is in no row fails the test. */
export const fieldTable: Readonly<Record<string, Row>> = {
  Query: {
    known: 'viewer',
    metadata: 'node nodes session sessionStats sessions users',
    lists: 'sockets',
    admin: 'auditLog tokens',
  },
  Mutation: {
    kill: 'killSession killSessions',
    feed: 'heartbeat openSession',
    ownFeed: 'appendEvents closeSession confirmKill openRecording recordSessionEvent',
    admin: 'createToken revokeToken',
  },
  Subscription: { metadata: 'session', lists: 'sessionFeed', recording: 'recording', feed: 'killRequests' },
  Viewer: { known: 'expiresAt name producer role' },
  Session: {
    metadata:
      'attemptCount authInfo client denyReason duration endReason endedAt events id kill killed labels lastSeenAt protocol recording recordingState recordingStateReason recordings revision server sessionId socket sshUser startedAt status upstream user',
  },
  SessionUser: { metadata: 'email identity isServiceAccount name nickname picture sub user' },
  SessionSocket: { metadata: 'name protocol socket socketId' },
  SessionClient: { metadata: 'ip location port software softwareName' },
  SessionServer: { metadata: 'name port' },
  SessionKill: { metadata: 'confirmedAt reason requestedAt requestedBy' },
  Location: { metadata: 'city country countryCode latitude longitude region' },
  User: { metadata: 'email id identity isServiceAccount name nickname picture sessions sub' },
  Socket: { metadata: 'id name protocol sessions socketId' },
  SessionConnection: { lists: 'edges nodes pageInfo revision totalCount' },
  SessionEdge: { metadata: 'cursor node' },
  PageInfo: { lists: 'endCursor hasNextPage hasPreviousPage startCursor' },
  SocketConnection: { lists: 'edges nodes pageInfo totalCount' },
  SocketEdge: { lists: 'cursor node' },
  UserConnection: { lists: 'edges nodes pageInfo totalCount' },
  UserEdge: { metadata: 'cursor node' },
  SessionStatsGroupCount: { metadata: 'count deniedCount key killedCount label totalDuration' },
  SessionEventConnection: { metadata: 'edges nodes pageInfo' },
  SessionEventEdge: { metadata: 'cursor node' },
  SessionEvent: { metadata: 'actor at details id kind message recording time' },
  RecordingConnection: { metadata: 'edges nodes pageInfo' },
  RecordingEdge: { metadata: 'cursor node' },
  Recording: {
    metadata:
      'chunkCount columns continues duration eventCount id kind rawSize recordingId rows session startedAt state stateReason storedSize',
    recording: 'chunks downloads integrity',
  },
  RecordingDownload: { recording: 'format mediaType url' },
  RecordingIntegrity: { recording: 'headHash keyId signature verify' },
  IntegrityVerdict: { recording: 'badFromEvent message ok' },
  RecordingChunkConnection: { recording: 'edges nodes pageInfo' },
  RecordingChunkEdge: { recording: 'cursor node' },
  RecordingChunk: { recording: 'endTime eventCount events firstEvent msgpack rawSize startTime tuples' },
  TerminalOutput: { recording: 'time data' },
  TerminalInput: { recording: 'time data' },
  TerminalResize: { recording: 'time columns rows' },
  RecordingMarker: { recording: 'time label' },
  RecordingGap: { recording: 'time cause lostBytes lostEvents' },
  OtherEvent: { recording: 'time code payload' },
  TerminalExit: { recording: 'time signal status' },
  CommandExecuted: { recording: 'time command directory exitStatus' },
  FileOperation: { recording: 'time error operation path size target' },
  HttpRequest: { recording: 'time bodySize headers httpVersion method requestId url' },
  HttpResponse: {
    recording: 'time bodySize duration error headers httpVersion requestId serverAddress status statusText timings',
  },
  HttpBody: { recording: 'time data index isLast ofResponse requestId' },
  DatabaseQuery: { recording: 'time database parameters queryId statement' },
  DatabaseResult: { recording: 'time duration error errorCode queryId rowCount' },
  KubernetesRequest: {
    recording: 'time apiGroup apiVersion method name namespace requestId resource subresource uri verb',
  },
  KubernetesResponse: { recording: 'time duration reason requestId status' },
  BrowserEvent: { recording: 'time rrweb' },
  KillSessionPayload: { kill: 'session' },
  KillSessionsPayload: { kill: 'killedCount' },
  OpenSessionPayload: { feed: 'epoch nextEvent recording session' },
  OpenRecordingPayload: { ownFeed: 'nextEvent recording' },
  AppendEventsPayload: { ownFeed: 'kill nextEvent' },
  HeartbeatPayload: { feed: 'kills unknown' },
  KillRequest: { feed: 'reason requestedAt requestedBy sessionId' },
  RecordSessionEventPayload: { ownFeed: 'event' },
  ConfirmKillPayload: { ownFeed: 'session' },
  CloseSessionPayload: { ownFeed: 'session' },
  EventGapError: { ownFeed: 'message nextEvent' },
  FencedError: { ownFeed: 'epoch message' },
  SessionKilledError: { ownFeed: 'kill message' },
  UnavailableError: { feed: 'message retryAfter' },
  SessionChange: { lists: 'kind revision session sessionId' },
  ForbiddenError: { refused: 'message requiredRole' },
  NotFoundError: { kill: 'message' },
  ConflictError: { kill: 'message' },
  ValidationError: { kill: 'field message' },
  SessionEndedError: { kill: 'message session' },
  TokenConnection: { admin: 'edges nodes pageInfo' },
  TokenEdge: { admin: 'cursor node' },
  Token: { admin: 'createdAt expiresAt id lastUsedAt name producer revokedAt role' },
  CreateTokenPayload: { admin: 'secret token' },
  RevokeTokenPayload: { admin: 'token' },
  AuditEntryConnection: { admin: 'edges nodes pageInfo' },
  AuditEntryEdge: { admin: 'cursor node' },
  AuditEntry: { admin: 'action actor at client credential details hash id ip position requestId target' },
};
