import { readFileSync } from 'node:fs';
import { RemoteIntake } from '../client/remote-intake.ts';
import type { ServerParts } from '../client/server-calls.ts';
import { Unavailable } from '../model/errors.ts';
import type { Intake } from '../model/intake.ts';
import { dataFolderAt } from './data-folder.ts';
import { UsageError } from './exit-code.ts';
import { readServerFile } from './server-file.ts';

export type RecordServerOptions = {
  readonly data: string;
  readonly server?: string;
  readonly tokenFile?: string;
  /** Wins over a file. */
  readonly token?: string;
};

/** The server that sessions are for, which may come and go. */
export type RecordServer = {
  /** The same for the same server: what a spool is sent to. */
  readonly key: string;
  /** For messages. */
  readonly shown: string;
  /** Where it is now. @throws Unavailable when that is not known now */
  readonly find: () => ServerParts;
};

const RETRY_AFTER_SECONDS = 1;

/** @throws UsageError when the address or the token are wrong */
export const recordServer = (
  options: RecordServerOptions,
  token: string | undefined,
  signal: AbortSignal,
): RecordServer =>
  options.server === undefined
    ? serverOfFolder(options.data, signal)
    : serverAt(options.server, options, token, signal);

/** The one that runs on a data folder of this machine; it says where it is in the folder. */
const serverOfFolder = (data: string, signal: AbortSignal): RecordServer => {
  const folder = dataFolderAt(data);
  const shown = `the server on ${folder.path}`;
  const find = (): ServerParts => {
    const running = readServerFile(folder);
    if (running !== null) return { url: running.url, token: running.token, signal };
    const cause = new Error(`there is no ${folder.server}`);
    throw new Unavailable(`no server runs on ${folder.path}`, RETRY_AFTER_SECONDS, { cause });
  };
  return { key: `folder ${folder.path}`, shown, find };
};

const serverAt = (
  address: string,
  options: RecordServerOptions,
  tokenOfEnvironment: string | undefined,
  signal: AbortSignal,
): RecordServer => {
  const url = serverAddress(address);
  const token = options.token ?? tokenOfEnvironment;
  const tokenFile = options.token === undefined ? options.tokenFile : undefined;
  if (tokenFile === undefined && !token) {
    throw new UsageError(
      'a token is needed beside --server: --token-file, --token, or REELTIME_TOKEN in the environment',
    );
  }
  if (tokenFile !== undefined) readToken(tokenFile);
  const find = (): ServerParts => ({
    url,
    token: tokenFile === undefined ? (token ?? '') : tokenNow(tokenFile),
    signal,
  });
  return { key: `url ${url}`, shown: `the server at ${url}`, find };
};

/** The address as calls have it: without a slash at its end. @throws UsageError */
export const serverAddress = (address: string): string => {
  if (!URL.canParse(address) || !/^https?:\/\//i.test(address)) {
    throw new UsageError('--server must be an address such as https://log.example.com');
  }
  const { origin, pathname, username, password } = new URL(address);
  if (username !== '' || password !== '') throw new UsageError('--server must hold no name and no password');
  return `${origin}${pathname.replace(/\/+$/, '')}`;
};

/** The one token that a file holds. @throws UsageError */
export const readToken = (file: string): string => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new UsageError(`the token file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (!/^[\x21-\x7e]+$/.test(text)) throw new UsageError(`${file} must hold one token and nothing else`);
  return text;
};

/** The file may be replaced while a session runs. */
const tokenNow = (file: string): string => {
  try {
    return readToken(file);
  } catch (cause) {
    throw new Unavailable('the token file cannot be read now', RETRY_AFTER_SECONDS, { cause });
  }
};

/** The intake of a server that may be elsewhere, or let in by another token, at each call. */
export const followingIntake = ({ find }: RecordServer): Intake => {
  let last: { readonly parts: ServerParts; readonly intake: Intake } | null = null;
  const intake = (): Intake => {
    const parts = find();
    const isSame = last !== null && last.parts.url === parts.url && last.parts.token === parts.token;
    if (last === null || !isSame) last = { parts, intake: new RemoteIntake(parts) };
    return last.intake;
  };
  return {
    openSession: async (...given) => intake().openSession(...given),
    openRecording: async (...given) => intake().openRecording(...given),
    appendEvents: async (...given) => intake().appendEvents(...given),
    heartbeat: async (...given) => intake().heartbeat(...given),
    recordSessionEvent: async (...given) => intake().recordSessionEvent(...given),
    confirmKill: async (...given) => intake().confirmKill(...given),
    closeSession: async (...given) => intake().closeSession(...given),
  };
};
