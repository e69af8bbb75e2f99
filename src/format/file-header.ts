import { InvalidInput } from '../model/errors.ts';
import { parseRecordingId, parseSessionId, parseSocketId } from '../model/parse-id.ts';
import { TERMINAL_CELLS_MAX } from '../model/limits.ts';
import type { Recording } from '../model/recording.ts';
import { recordingKinds } from '../model/recording.ts';
import type { Location, Session, SessionClient, SessionSocket, SessionUser } from '../model/session.ts';
import { sessionProtocols } from '../model/session.ts';
import { decodeTuple, encodeMap } from './file-tuple.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { StoredMap, writeTime } from './stored-map.ts';

/** The version of the file's format: a reader refuses others. */
export const FILE_VERSION = 1;

/** What a file says of its recording and session, as known when it was begun. */
export type FileHeader = Pick<Recording, 'recordingId' | 'continues' | 'kind' | 'startedAtMs' | 'columns' | 'rows'> & {
  readonly session: Pick<
    Session,
    | 'sessionId'
    | 'producer'
    | 'protocol'
    | 'upstream'
    | 'startedAtMs'
    | 'sshUser'
    | 'authInfo'
    | 'labels'
    | 'user'
    | 'socket'
    | 'client'
    | 'server'
  >;
};

/** The header of a recording's file. */
export const fileHeaderOf = (session: Session, recording: Recording): FileHeader => ({
  recordingId: recording.recordingId,
  continues: recording.continues,
  kind: recording.kind,
  startedAtMs: recording.startedAtMs,
  columns: recording.columns,
  rows: recording.rows,
  session,
});

/** Msgpack `[0, "header", {…}]`, which the caller compresses into the file's first zstd frame. */
export const encodeFileHeader = (header: FileHeader): Uint8Array => {
  const { session } = header;
  const map = {
    version: FILE_VERSION,
    recordingId: header.recordingId,
    continues: header.continues,
    kind: header.kind,
    startedAt: writeTime(header.startedAtMs),
    columns: header.columns,
    rows: header.rows,
    session: {
      sessionId: session.sessionId,
      producer: session.producer,
      protocol: session.protocol,
      upstream: session.upstream,
      startedAt: writeTime(session.startedAtMs),
      sshUser: session.sshUser,
      authInfo: session.authInfo,
      labels: session.labels,
    },
    user: { ...session.user },
    socket: { ...session.socket },
    client: { ...session.client },
    server: { ...session.server },
  };
  const writer = new MsgpackWriter();
  writer.array(3);
  writer.wholeNumber(0);
  writer.shortText('header');
  writer.raw(encodeMap(map, 'header'));
  return writer.finish();
};

/** @throws InvalidInput naming the field when the bytes are no header of FILE_VERSION */
export const decodeFileHeader = (raw: Uint8Array): FileHeader => {
  const map = new StoredMap(decodeTuple(raw, 'header', 3)[2], 'header');
  const version = map.wholeNumber('version');
  if (version !== FILE_VERSION) {
    throw new InvalidInput('header.version', `header.version must be ${FILE_VERSION}, got ${version}`);
  }
  const continues = map.textOrNull('continues');
  return {
    recordingId: parseRecordingId(map.text('recordingId'), 'header.recordingId'),
    continues: continues === null ? null : parseRecordingId(continues, 'header.continues'),
    kind: map.oneOf('kind', recordingKinds),
    startedAtMs: map.time('startedAt'),
    columns: readCells(map, 'columns'),
    rows: readCells(map, 'rows'),
    session: readSession(map),
  };
};

const readCells = (map: StoredMap, name: string): number | null => {
  const cells = map.wholeNumberOrNull(name);
  if (cells !== null && (cells < 1 || cells > TERMINAL_CELLS_MAX)) {
    throw new InvalidInput(`header.${name}`, `header.${name} must be from 1 to ${TERMINAL_CELLS_MAX}, got ${cells}`);
  }
  return cells;
};

const readSession = (header: StoredMap): FileHeader['session'] => {
  const session = header.map('session');
  const server = header.map('server');
  return {
    sessionId: parseSessionId(session.text('sessionId'), 'header.session.sessionId'),
    producer: session.text('producer'),
    protocol: session.oneOf('protocol', sessionProtocols),
    upstream: session.text('upstream'),
    startedAtMs: session.time('startedAt'),
    sshUser: session.textOrNull('sshUser'),
    authInfo: session.textOrNull('authInfo'),
    labels: session.mapOrNull('labels')?.fields ?? null,
    user: readUser(header.map('user')),
    socket: readSocket(header.map('socket')),
    client: readClient(header.map('client')),
    server: { name: server.text('name'), port: server.wholeNumber('port') },
  };
};

const readUser = (user: StoredMap): SessionUser => ({
  identity: user.text('identity'),
  email: user.textOrNull('email'),
  name: user.textOrNull('name'),
  picture: user.textOrNull('picture'),
  sub: user.textOrNull('sub'),
  nickname: user.textOrNull('nickname'),
  isServiceAccount: user.truth('isServiceAccount'),
});

const readSocket = (socket: StoredMap): SessionSocket => ({
  socketId: parseSocketId(socket.text('socketId'), 'header.socket.socketId'),
  name: socket.text('name'),
  protocol: socket.oneOf('protocol', sessionProtocols),
});

const readClient = (client: StoredMap): SessionClient => {
  const location = client.mapOrNull('location');
  return {
    ip: client.text('ip'),
    port: client.wholeNumberOrNull('port'),
    software: client.textOrNull('software'),
    location: location === null ? null : readLocation(location),
  };
};

const readLocation = (location: StoredMap): Location => ({
  city: location.textOrNull('city'),
  region: location.textOrNull('region'),
  country: location.textOrNull('country'),
  countryCode: location.textOrNull('countryCode'),
  latitude: location.numberOrNull('latitude'),
  longitude: location.numberOrNull('longitude'),
});
