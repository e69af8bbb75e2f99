import { BlockList } from 'node:net';
import * as fc from 'fast-check';
import { seesAll } from '../../src/model/access.ts';
import type { RecordingId, SessionId, SocketId } from '../../src/model/ids.ts';
import type { SessionFilter, SessionOrder } from '../../src/model/session-filter.ts';
import { sessionOrderFields } from '../../src/model/session-filter.ts';
import { sessionKey } from '../../src/model/session-order.ts';
import { sessionProtocols, sessionStatuses, type Session } from '../../src/model/session.ts';
import type { CatalogReader, CatalogWriter } from '../../src/store/catalog/catalog.ts';
import { output } from './feeding.ts';
import { testStartMs } from './opened-folder.ts';
import { appendWrite, aRecording, killWrite, openSessionWrite } from './writes.ts';

/* Sessions of few users, sockets and times, so that everything ties; and what lists of them should be, in plain JavaScript. */

const identities = ['ann@example.com', 'Bob', 'ZOË@example.com', 'unseen'];
const sockets = [
  'aaaaaaaa-0000-4000-8000-000000000001',
  'aaaaaaaa-0000-4000-8000-000000000002',
  'aaaaaaaa-0000-4000-8000-000000000003',
];
const socketNames = ['bastion', 'db', 'unused'];

export type SessionSpec = {
  readonly startMs: number;
  readonly identity: string;
  readonly email: string | null;
  readonly socket: number;
  readonly protocol: Session['protocol'];
  readonly fate: 'ACTIVE' | 'KILLING' | 'ENDED' | 'KILLED' | 'DENIED';
  readonly durationMs: number;
  readonly upstream: string;
  readonly clientIp: string;
  readonly name: string | null;
  readonly isRecorded: boolean;
};

const offsetsMs = fc.constantFrom(0, 0, 0, 1, 2, 1000);

/** Of few blocks, so that some have several and some of these several sessions. */
const arbitraryAddress = fc.oneof(
  fc.constantFrom('192.0.2.7', '192.0.2.200', '::ffff:192.0.2.7', '2001:DB8::0:1', '198.51.100.1'),
  fc
    .tuple(fc.constantFrom('192.0.2', '192.0.3', '192.1.2', '32.1.13'), fc.nat(255))
    .map(([net, host]) => `${net}.${host}`),
  fc
    .tuple(fc.constantFrom('2001:db8::', '2001:db8:0:1::', '2001:db8:1::', '2001:db9::', '::', '::1:0:0:'), fc.nat(40))
    .map(([net, host]) => `${net}${host.toString(16)}`),
);

const arbitraryBlock = fc
  .tuple(arbitraryAddress, fc.oneof(fc.nat(128), fc.constantFrom(8, 16, 20, 24, 28, 32, 48, 64, 112, 128)))
  .map(([ip, bits]) => `${ip}/${ip.includes(':') ? bits : bits % 33}`);

/** Addresses and blocks of all widths. */
export const arbitraryBlocks = fc.array(
  fc.oneof({ weight: 1, arbitrary: arbitraryAddress }, { weight: 2, arbitrary: arbitraryBlock }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

export const arbitrarySpec: fc.Arbitrary<SessionSpec> = fc.record({
  startMs: offsetsMs.map((offset) => testStartMs + offset),
  identity: fc.constantFrom(...identities.slice(0, 3)),
  email: fc.constantFrom(null, 'ann@example.com', 'Bob@Example.com'),
  socket: fc.nat(1),
  protocol: fc.constantFrom('SSH', 'DATABASE', 'HTTP'),
  fate: fc.constantFrom('ACTIVE', 'KILLING', 'ENDED', 'KILLED', 'DENIED'),
  durationMs: fc.constantFrom(0, 0, 5000, 5000, 70_000),
  upstream: fc.constantFrom('ssh', 'MySQL'),
  clientIp: arbitraryAddress,
  name: fc.constantFrom(null, 'Zoë Müller', 'Ann (night shift)'),
  isRecorded: fc.boolean(),
});

/** null mostly: not asked for. So that some sessions match. */
const asked = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const someOf = <Value>(values: readonly Value[]): fc.Arbitrary<Value[] | null> =>
  asked(fc.subarray([...values], { minLength: 0 }));

export const arbitraryFilter: fc.Arbitrary<SessionFilter> = fc.record({
  protocols: someOf(sessionProtocols),
  statuses: someOf(sessionStatuses),
  userIdentities: someOf(identities.map((identity) => identity.toUpperCase())),
  userEmails: someOf(['ANN@example.com', 'bob@example.com', 'unseen']),
  socketIds: someOf(sockets as SocketId[]),
  socketNames: someOf(socketNames),
  startedFromMs: asked(offsetsMs.map((offset) => testStartMs + offset)),
  startedBeforeMs: asked(offsetsMs.map((offset) => testStartMs + offset)),
  killed: asked(fc.boolean()),
  upstreams: someOf(['SSH', 'mysql', 'unused']),
  clientIps: asked(fc.oneof(fc.constantFrom([], ['0.0.0.0/0'], ['203.0.113.9'], ['203.0.113.0/24']), arbitraryBlocks)),
  // No session that is fed has a place: see session-filter.test.ts.
  countryCodes: asked(fc.constantFrom([], ['DE'])),
  recordingStates: someOf(['NONE', 'LIVE', 'COMPLETE']),
  minDurationMs: asked(fc.constantFrom(0, 1, 5000, 70_000, 70_001)),
  text: asked(
    fc.constantFrom(
      'zoe',
      'ZOË müller',
      'example.com bastion',
      'com example',
      'com.example',
      'zoe bob',
      'ann@example.com',
      '(night',
      'bob OR ann',
    ),
  ),
});

export const arbitraryOrder: fc.Arbitrary<SessionOrder> = fc.record({
  field: fc.constantFrom(...sessionOrderFields),
  direction: fc.constantFrom('ASC', 'DESC'),
});

export type Added = { readonly sessionId: SessionId; readonly recordingId: RecordingId; readonly spec: SessionSpec };

/** Opens the sessions of one producer, together, and lets each come to its fate. */
export const addSessions = async (
  writer: CatalogWriter,
  producer: string,
  specs: readonly SessionSpec[],
): Promise<Added[]> =>
  Promise.all(
    specs.map(async (spec) => {
      const recording = aRecording();
      const input = openSessionWrite({
        producer,
        identity: spec.identity,
        socketId: sockets[spec.socket] as SocketId,
        recording: spec.isRecorded ? recording : null,
        upstream: spec.upstream,
        session: {
          client: { ...openSessionWrite().session.client, ip: spec.clientIp },
          startedAtMs: spec.startMs,
          protocol: spec.protocol,
          // Each is a session of its own: no other attempt is like it.
          denyReason: spec.fate === 'DENIED' ? `no ${recording.recordingId}` : null,
          socket: { socketId: null, name: socketNames[spec.socket] ?? '' },
          user: { ...openSessionWrite().session.user, email: spec.email, name: spec.name },
        },
      });
      const { sessionId } = input.session;
      await writer.openSession(input);
      if (spec.fate === 'KILLING' || spec.fate === 'KILLED') await writer.requestKill(killWrite(sessionId));
      const endedAtMs = spec.startMs + spec.durationMs;
      if (spec.fate === 'ENDED' || spec.fate === 'KILLED') {
        await writer.closeSession({ sessionId, producer, epoch: null, endedAtMs, reason: null, atMs: endedAtMs });
      }
      return { sessionId, recordingId: recording.recordingId, spec };
    }),
  );

/** Changes a session's last sign of life and duration: a running one is fed, or closed. */
export const live = async (
  writer: CatalogWriter,
  producer: string,
  { recordingId, spec }: Added,
  afterMs: number,
): Promise<void> => {
  const events = [output(afterMs, 'x')];
  await writer
    .appendBatch(appendWrite(recordingId, 0, events, { producer, atMs: spec.startMs + afterMs }))
    .catch(() => undefined);
};

export const readOneByOne = async (reader: CatalogReader, added: readonly Added[]): Promise<Session[]> =>
  Promise.all(
    added.map(async ({ sessionId }) => {
      const session = await reader.session(seesAll, sessionId);
      if (session === null) throw new Error('it was added');
      return session;
    }),
  );

const isAmong = (value: string | null, wanted: readonly string[] | null): boolean =>
  wanted === null || (value !== null && wanted.some((one) => one.toLowerCase() === value.toLowerCase()));

const isIpv4 = (ip: string): boolean => !ip.includes(':') || /^::ffff:\d+\.\d/.test(ip);

const isWithin = (ip: string, block: string): boolean => {
  const [address = '', prefix] = block.split('/');
  const blocks = new BlockList();
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const bits = Number(prefix ?? (family === 'ipv6' ? 128 : 32));
  // NOTE an IPv4 address is in no block of IPv6 that is wider than all of them.
  if (family === 'ipv6' && bits < 96 && isIpv4(ip)) return false;
  blocks.addSubnet(address, bits, family);
  return family === 'ipv6' && !ip.includes(':')
    ? blocks.check(`::ffff:${ip}`, 'ipv6')
    : blocks.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4');
};

/** As people read: case and accents do not matter, and neither does what is no letter or digit. */
const plain = (text: string): string =>
  ` ${text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .join(' ')} `;

const hasWord = ({ user, socket, server, client, sshUser }: Session, word: string): boolean =>
  [user.email, user.identity, user.name, socket.name, server.name, sshUser]
    .concat([client.software, client.location?.city ?? null, client.location?.country ?? null])
    .some((text) => plain(text ?? '').includes(plain(word)));

export const matches = (session: Session, filter: SessionFilter): boolean =>
  isAmong(session.protocol, filter.protocols) &&
  isAmong(session.status, filter.statuses) &&
  isAmong(session.user.identity, filter.userIdentities) &&
  isAmong(session.user.email, filter.userEmails) &&
  isAmong(session.socket.socketId, filter.socketIds) &&
  isAmong(session.socket.name, filter.socketNames) &&
  (filter.startedFromMs === null || session.startedAtMs >= filter.startedFromMs) &&
  (filter.startedBeforeMs === null || session.startedAtMs < filter.startedBeforeMs) &&
  isAmong(session.upstream, filter.upstreams) &&
  (filter.clientIps === null || filter.clientIps.some((block) => isWithin(session.client.ip, block))) &&
  isAmong(session.client.location?.countryCode ?? null, filter.countryCodes) &&
  isAmong(session.recordingState, filter.recordingStates) &&
  (filter.minDurationMs === null || session.durationMs >= filter.minDurationMs) &&
  (filter.text === null || filter.text.split(' ').every((word) => hasWord(session, word))) &&
  (filter.killed === null || filter.killed === (session.kill !== null));

/** Compares by key, element by element. */
export const byOrder =
  (order: SessionOrder) =>
  (one: Session, other: Session): number => {
    const [keys, others] = [sessionKey(one, order), sessionKey(other, order)];
    const differs = keys.findIndex((value, at) => value !== others[at]);
    const difference = (keys[differs] ?? 0) - (others[differs] ?? 0);
    return order.direction === 'ASC' ? difference : -difference;
  };

export const idsOf = (sessions: readonly Session[]): readonly SessionId[] => sessions.map(({ sessionId }) => sessionId);
