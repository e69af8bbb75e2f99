import { isIpAddress } from '../model/ip-address.ts';
import { LABELS_BYTES_MAX, LABELS_DEPTH_MAX, NAME_LENGTH_MAX, TEXT_LENGTH_MAX } from '../model/limits.ts';
import type { SessionProtocol } from '../model/session.ts';
import type { ImportDefaults } from './import-defaults.ts';
import type { ImportedSession } from './import-step.ts';

/** The address of a client that nobody knows. */
export const UNKNOWN_ADDRESS = '0.0.0.0';

/** What a line of a log, or a file, says of a session. Null: it does not say. Texts may be of any length. */
export type FoundSession = {
  readonly protocol: SessionProtocol;
  readonly upstream: string | null;
  readonly user: Partial<ImportedSession['user']>;
  /** The resource's name. */
  readonly socket: string | null;
  readonly client: { readonly ip: string | null; readonly port: number | null; readonly software: string | null };
  readonly server: { readonly name: string | null; readonly port: number | null };
  readonly sshUser: string | null;
  readonly authInfo: string | null;
  /** Nulls in it are left out. What does not fit any more is left out, in this order. */
  readonly labels: Readonly<Record<string, unknown>>;
  readonly startedAtMs: number;
  readonly denyReason: string | null;
  readonly recording: ImportedSession['recording'];
};

/**
 * The session as an Intake takes it. Who and where from is what the log says, and where it does not, what the caller says;
 * what (protocol, upstream, socket, server) is what the caller says, and where it does not, what the log says. Texts are cut to
 * their limits; an address that is none is kept as the label `clientAddress`.
 */
export const importedSession = (found: FoundSession, defaults: ImportDefaults): ImportedSession => {
  const ip = found.client.ip === null ? null : plainAddress(found.client.ip);
  const isAddress = ip !== null && isIpAddress(ip);
  const socket = defaults.socket ?? found.socket ?? found.server.name;
  const server = defaults.server.name ?? found.server.name ?? socket;
  return {
    protocol: defaults.protocol ?? found.protocol,
    upstream: defaults.upstream ?? cut(found.upstream, NAME_LENGTH_MAX),
    user: userOf(found, defaults),
    socket: { socketId: null, name: named(socket) },
    client: {
      ip: isAddress ? ip : (defaults.client.ip ?? UNKNOWN_ADDRESS),
      port: portOf(found.client.port) ?? defaults.client.port ?? null,
      software: cut(found.client.software, NAME_LENGTH_MAX) ?? defaults.client.software ?? null,
    },
    server: { name: named(server), port: defaults.server.port ?? portOf(found.server.port) ?? 0 },
    sshUser: cut(found.sshUser, NAME_LENGTH_MAX) ?? defaults.sshUser,
    authInfo: cut(found.authInfo, TEXT_LENGTH_MAX) ?? defaults.authInfo,
    labels: fittingLabels({ ...(ip === null || isAddress ? {} : { clientAddress: ip }), ...found.labels }),
    startedAtMs: found.startedAtMs,
    denyReason: cut(found.denyReason, TEXT_LENGTH_MAX),
    recording: found.denyReason === null ? found.recording : null,
  };
};

const userOf = ({ user }: FoundSession, { user: given }: ImportDefaults): ImportedSession['user'] => {
  const name = (key: 'email' | 'name' | 'sub' | 'nickname'): string | null =>
    cut(user[key] ?? null, NAME_LENGTH_MAX) ?? given[key] ?? null;
  const identity = [user.identity, user.email, given.identity, given.email].find((text) => (text ?? '').trim() !== '');
  return {
    identity: cut(identity ?? 'unknown', NAME_LENGTH_MAX),
    email: name('email'),
    name: name('name'),
    picture: null,
    sub: name('sub'),
    nickname: name('nickname'),
    isServiceAccount: user.isServiceAccount ?? given.isServiceAccount ?? false,
  };
};

/** An IPv4 address within an IPv6 one is itself; brackets and zones go. */
const plainAddress = (text: string): string => {
  const bare = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '');
  return /^::ffff:(?=[\d.]+$)/i.test(bare) ? bare.slice('::ffff:'.length) : bare;
};

const portOf = (port: number | null): number | null =>
  port !== null && Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : null;

const named = (text: string | null): string => {
  const name = cut(text, NAME_LENGTH_MAX) ?? '';
  return name.trim() === '' ? 'imported' : name;
};

/** The text cut to a length, without half a character at its end. */
export const cut = <Text extends string | null>(text: Text, lengthMax: number): Text =>
  text === null
    ? text
    : (text
        .toWellFormed()
        .slice(0, lengthMax)
        .toWellFormed()
        .replace(/\ufffd$/, '') as Text);

/** Those of the labels that fit into LABELS_BYTES_MAX. Nulls, undefined and what cannot be a label are left out. */
export const fittingLabels = (all: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const labels: Record<string, unknown> = {};
  let bytesLeft = LABELS_BYTES_MAX - 2;
  for (const [name, value] of Object.entries(all)) {
    if (value === null || value === undefined || name === '__proto__' || !isLabel(value, LABELS_DEPTH_MAX - 1))
      continue;
    const bytes = new TextEncoder().encode(JSON.stringify({ [name]: value })).length;
    if (bytes > bytesLeft) continue;
    bytesLeft -= bytes;
    labels[name] = value;
  }
  return labels;
};

const isLabel = (value: unknown, depthLeft: number): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (depthLeft === 0) return false;
  return Object.entries(value).every(([name, inner]) => name !== '__proto__' && isLabel(inner, depthLeft - 1));
};
