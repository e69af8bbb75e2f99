import { payloadOf } from '../../../src/format/events/event-payload.ts';
import type { ExportedEvent, ExportedSession } from '../../../src/format/exported.ts';
import type { RecordingId, SessionId, SocketId } from '../../../src/model/ids.ts';
import type { SessionEvent } from '../../../src/model/session-event.ts';
import { type Session, sessionEventKinds, sessionProtocols, sessionStatuses } from '../../../src/model/session.ts';

const startedAtMs = Date.UTC(2026, 8, 20, 7, 15, 30, 123);

export const full: Session = {
  sessionId: '93227a7e-8724-4be5-a5c5-2729f615ac50' as SessionId,
  position: 1,
  producer: 'gateway',
  protocol: 'SSH',
  upstream: 'docker',
  status: 'ENDED',
  user: {
    identity: 'ann@example.com',
    email: 'ann@example.com',
    name: 'Ann',
    picture: 'https://example.com/ann.png',
    sub: 'idp|1',
    nickname: 'ann',
    isServiceAccount: false,
  },
  socket: { socketId: '432b9498-7762-45b9-8bb7-92f16158ff4a' as SocketId, name: 'db-bastion', protocol: 'SSH' },
  client: {
    ip: '192.0.2.7',
    port: 50123,
    software: 'SSH-2.0-OpenSSH_9.9',
    location: {
      city: 'Zürich',
      region: 'Zurich',
      country: 'Switzerland',
      countryCode: 'CH',
      latitude: 47.37,
      longitude: 8.54,
    },
  },
  server: { name: 'bastion.example.com', port: 22 },
  sshUser: 'root',
  startedAtMs,
  lastSeenAtMs: startedAtMs + 61_500,
  endedAtMs: startedAtMs + 61_500,
  endReason: 'exit 0',
  durationMs: 61_500,
  authInfo: 'by key',
  denyReason: null,
  attemptCount: 1,
  kill: null,
  labels: { team: 'a', 'k8s.io/app': { deep: [1] } },
  recordingState: 'COMPLETE',
  recordingStateReason: null,
  recordingCount: 1,
  epoch: 1,
  revision: { log: '0a1b2c3d', position: 12345 },
};

/** Nothing is known of it that need not be. */
export const bare: Session = {
  ...full,
  user: {
    identity: 'postgres',
    email: null,
    name: null,
    picture: null,
    sub: null,
    nickname: null,
    isServiceAccount: true,
  },
  client: { ip: 'unknown host', port: null, software: null, location: null },
  server: { name: '2001:db8::1', port: 0 },
  sshUser: null,
  endedAtMs: null,
  endReason: null,
  authInfo: null,
  labels: null,
};

/** As hostile as its producer may make it. */
export const hostile: Session = {
  ...full,
  user: { ...full.user, identity: '\u0000\u001b]0;x\u0007<script>\ud800', email: 'no@@address', name: '"\n{' },
  client: { ...full.client, ip: '999.1.1.1', software: '\u202e'.repeat(500) },
  server: { name: '', port: 65_535 },
  labels: JSON.parse('{"__proto__":{"polluted":true},"constructor":null,"a.b":"c\\nd"}') as Record<string, unknown>,
};

const kill = {
  requestedAtMs: startedAtMs + 1000,
  requestedBy: 'an admin',
  reason: 'policy',
  confirmedAtMs: startedAtMs + 1500,
};

/** Sessions of each protocol, in each status, that came and went. */
export const exportedSessions: readonly ExportedSession[] = [full, bare, hostile].flatMap((session) =>
  sessionProtocols.flatMap((protocol) =>
    sessionStatuses.flatMap((status) =>
      (['STARTED', 'UPDATED', 'ENDED'] as const).map((change) => ({
        session: {
          ...session,
          protocol,
          status,
          denyReason: status === 'DENIED' ? 'no policy' : null,
          kill: status === 'KILLED' || status === 'KILLING' ? kill : null,
        },
        change,
      })),
    ),
  ),
);

/** Payloads of each code: all that may be in them, and as little as may. */
export const payloads: readonly (readonly [code: string, payload: readonly unknown[]])[] = [
  ['cmd', ['ls -l', { directory: '/root', exitStatus: 1 }]],
  ['cmd', ['ls', {}]],
  ['file', ['rename', '/a', { target: '/b', size: 10, error: 'no space' }]],
  ['file', ['constructor', '/a', {}]],
  ['sql', ['q1', 'SELECT $1', { parameters: [Uint8Array.of(0xff), 1n, null], database: 'shop' }]],
  ['sql', ['q2', 'COMMIT', {}]],
  ['sqlr', ['q1', { rowCount: 3, durationMs: 1.25, errorCode: '42P01', error: 'no table' }]],
  ['sqlr', ['q2', {}]],
  [
    'req',
    [
      'r1',
      {
        method: 'GET',
        url: 'https://example.com:8443/a?b=c',
        httpVersion: 'HTTP/2',
        headers: [
          ['User-Agent', 'curl/8'],
          ['Referer', 'https://example.com/'],
        ],
        bodySize: 5,
        har: {},
      },
    ],
  ],
  ['req', ['r2', { method: 'BREW', url: '/pot' }]],
  [
    'res',
    [
      'r1',
      {
        status: 500,
        statusText: 'Oh no',
        httpVersion: 'HTTP/2',
        headers: [],
        bodySize: 7,
        durationMs: 12.5,
        timings: { wait: 1 },
        serverAddress: '192.0.2.9',
        error: 'reset',
        har: {},
      },
    ],
  ],
  ['res', ['r2', {}]],
  [
    'k8s',
    [
      'k1',
      {
        verb: 'delete',
        method: 'DELETE',
        uri: '/api/v1/namespaces/a/pods/b',
        apiGroup: 'apps',
        apiVersion: 'v1',
        resource: 'pods',
        subresource: 'log',
        namespace: 'a',
        name: 'b',
        userAgent: 'kubectl',
      },
    ],
  ],
  ['k8s', ['k2', { verb: '__proto__', uri: '/healthz' }]],
  ['k8sr', ['k1', { status: 403, reason: 'Forbidden', durationMs: 0.4 }]],
  ['k8sr', ['k2', {}]],
  ['gap', [{ lostEvents: 3, lostBytes: null, cause: 'damaged' }]],
  ['gap', [{}]],
  ['x', [1, 'TERM']],
  ['x', [null, null]],
  ['m', ['a label']],
  // Not of its code's shape.
  ['sql', [1, 2]],
];

const storyOf = (session: Session): readonly ExportedEvent[] =>
  sessionEventKinds.flatMap((kind) =>
    [null, { n: 1 }].map((details) => {
      const event: SessionEvent = {
        eventId: '0199669c-1111-7000-8000-000000000001',
        sessionId: session.sessionId,
        position: 7,
        atMs: startedAtMs + 5,
        kind,
        message: 'what happened',
        actor: details === null ? null : 'somebody',
        recordingId: null,
        timeMs: null,
        details,
      };
      return { of: 'session', session, event };
    }),
  );

const recording = { recordingId: '0199669c-2222-7000-8000-000000000002' as RecordingId, startedAtMs };

const recordedOf = (session: Session): readonly ExportedEvent[] =>
  payloads.map(([code, payload], ordinal) => ({
    of: 'recording',
    session,
    recording,
    ordinal,
    event: { timeMs: 1234, code, payload },
    payload: payloadOf(code, payload),
  }));

/** Each kind of event of each kind of session. */
export const exportedEvents: readonly ExportedEvent[] = [full, bare, hostile].flatMap((session) =>
  sessionProtocols.flatMap((protocol) => [
    ...storyOf({ ...session, protocol }),
    ...recordedOf({ ...session, protocol }),
  ]),
);

export type Json = Readonly<Record<string, unknown>>;

/** As whoever reads the line has it. */
export const asRead = (object: object): Json => JSON.parse(JSON.stringify(object)) as Json;
