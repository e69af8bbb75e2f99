import { hostname, userInfo } from 'node:os';
import { v7 } from 'uuid';
import type { RecordingId, SessionId } from '../model/ids.ts';
import type { OpenSession } from '../model/intake.ts';
import { isIpAddress } from '../model/ip-address.ts';
import { NAME_LENGTH_MAX } from '../model/limits.ts';
import type { SessionProtocol } from '../model/session.ts';
import { version } from './assets.ts';
import type { TerminalSize } from './pseudo-terminal.ts';

export type RecordedSessionOptions = {
  readonly user?: string;
  readonly socket?: string;
  readonly protocol: SessionProtocol;
  readonly upstream: string;
};

/** Who runs a command here, on what, and from where: as the caller says, and as this machine knows it. */
export const recordedSession = (
  { user, socket, protocol, upstream }: RecordedSessionOptions,
  env: NodeJS.ProcessEnv,
  size: TerminalSize,
  startedAtMs: number,
): OpenSession => {
  const account = accountName(env);
  const { client, port } = connectionOf(env);
  return {
    sessionId: v7() as SessionId,
    protocol,
    upstream,
    user: {
      identity: (user ?? `${account}@${hostname()}`).slice(0, NAME_LENGTH_MAX),
      email: null,
      name: null,
      picture: null,
      sub: null,
      nickname: null,
      isServiceAccount: false,
    },
    socket: { socketId: null, name: socket ?? hostname() },
    client: { ...client, software: `reeltime/${version()} record` },
    server: { name: hostname(), port },
    sshUser: protocol === 'SSH' ? account : null,
    authInfo: null,
    labels: null,
    startedAtMs,
    denyReason: null,
    recording: { recordingId: v7() as RecordingId, kind: 'TERMINAL', ...size },
  };
};

/** A user who is in no directory of users has a number. */
const accountName = (env: NodeJS.ProcessEnv): string => {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? env['LOGNAME'] ?? String(process.getuid?.() ?? 'unknown');
  }
};

/** Where the person comes from, as sshd says (SSH_CONNECTION: client's address and port, own address and port). */
const connectionOf = (
  env: NodeJS.ProcessEnv,
): { readonly client: { readonly ip: string; readonly port: number | null }; readonly port: number } => {
  const [address = '', clientPort = '', , port = ''] = (env['SSH_CONNECTION'] ?? '').split(' ');
  const ip = address.replace(/%.*$/, '');
  if (!isIpAddress(ip)) return { client: { ip: '127.0.0.1', port: null }, port: 0 };
  return { client: { ip, port: portOf(clientPort) }, port: portOf(port) ?? 0 };
};

const portOf = (text: string): number | null =>
  /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null;
