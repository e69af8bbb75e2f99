import { headLines } from '../format/lines/head-lines.ts';
import { LINE_TOO_LONG, readLogLines } from '../format/lines/log-lines.ts';
import { readSyslogLine, type SyslogLine } from '../format/lines/syslog-line.ts';
import { readDropbearMessage } from '../format/sshd/dropbear-message.ts';
import { readSshdMessage, type SshdMessage, type SshdPeer } from '../format/sshd/sshd-message.ts';
import type { ImportDefaults } from './import-defaults.ts';
import type { ImportFormat } from './import-format.ts';
import type { ImportStep } from './import-step.ts';
import { LogClock, type LogMoment } from './log-clock.ts';
import { RepeatedKeys } from './repeated-keys.ts';
import { type Attempt, SshdConnection } from './sshd-connection.ts';
import { acceptedSession, refusedSession } from './sshd-session.ts';

const isOpenSsh = (program: string): boolean => /^sshd(?:-session|-auth)?$/.test(program);

/** A longer line is no SSH server's: OpenSSH cuts its own at 1,024 bytes. */
const LINE_LENGTH_MAX = 4096;

/** Logs of OpenSSH and Dropbear: refused attempts as DENIED sessions, accepted ones as sessions without a recording. */
export const sshdFormat: ImportFormat = {
  name: 'sshd',
  title: 'log of an SSH server (OpenSSH, Dropbear)',
  recognises: ({ bytes }) =>
    headLines(bytes, 1000).some((line) => {
      const parsed = line.length > LINE_LENGTH_MAX ? null : readSyslogLine(line);
      return parsed !== null && (isOpenSsh(parsed.program) || parsed.program === 'dropbear');
    }),
  async *read(source, { defaults, signal, timeZone }) {
    const log = new SshdLog(defaults, new LogClock(timeZone, source.modifiedAtMs));
    for await (const lines of readLogLines(source.open())) {
      signal.throwIfAborted();
      for (const { number, text } of lines) if (text?.trim() !== '') yield* log.line(number, text);
    }
    yield* log.end();
  },
};

/** A session that was accepted, and has not ended. */
type Accepted = {
  readonly key: string;
  readonly daemon: string;
  readonly place: string;
  lastAtMs: number;
  reason: string | null;
};

/** Connections and sessions that are remembered; those that say nothing longest are let go first. */
const CONNECTIONS_MAX = 5_000;
/** A connection that says nothing for this long has nothing more to say before it is authenticated. */
const CONNECTION_IDLE_MS = 10 * 60_000;

class SshdLog {
  readonly #defaults: ImportDefaults;
  readonly #clock: LogClock;
  readonly #keys = new RepeatedKeys();
  /** By host and process. */
  readonly #connections = new Map<string, SshdConnection>();
  /** By host, address and port; and by host and process. */
  readonly #byPlace = new Map<string, Accepted>();
  readonly #byProcess = new Map<string, Accepted>();

  constructor(defaults: ImportDefaults, clock: LogClock) {
    this.#defaults = defaults;
    this.#clock = clock;
  }

  *line(line: number, text: string | null): Generator<ImportStep, void, void> {
    const parsed = text === null || text.length > LINE_LENGTH_MAX ? null : readSyslogLine(text);
    const at = parsed === null ? null : this.#clock.moment(parsed.time);
    if (parsed === null || at === null) {
      const tooLong = text === null ? LINE_TOO_LONG : 'too long for a line of an SSH server';
      const isLong = text === null || text.length > LINE_LENGTH_MAX;
      yield { kind: 'skip', line, reason: isLong ? tooLong : 'not a line of a syslog' };
      return;
    }
    const message = messageOf(parsed);
    if (typeof message === 'string') yield { kind: 'skip', line, reason: message };
    else yield* this.#take(line, parsed, message, at);
  }

  *end(): Generator<ImportStep, void, void> {
    for (const [daemon, connection] of this.#connections) yield* this.#refused(daemon, connection.end());
    for (const session of this.#byPlace.values())
      yield* this.#close(session, session.lastAtMs, 'the log ends before it');
  }

  *#take(
    line: number,
    { host, pid }: SyslogLine,
    message: SshdMessage,
    at: LogMoment,
  ): Generator<ImportStep, void, void> {
    const { atMs } = at;
    const daemon = `${host}\0${pid ?? ''}`;
    const connection = this.#connectionOf(daemon);
    connection.lastAtMs = atMs;
    yield* this.#forgetIdle(atMs);
    if ('peer' in message) yield* this.#refused(daemon, connection.from(message.peer));
    switch (message.kind) {
      case 'accepted':
        connection.accepted();
        return yield* this.#accept(daemon, host, connection, message, at);
      case 'failed':
        return yield* this.#refused(daemon, connection.failed(message.user, message.reason, at));
      case 'sign':
        if (connection.peer === null) return yield { kind: 'skip', line, reason: 'it names no address' };
        return yield* this.#refused(daemon, connection.sign(message, at));
      case 'connected':
        connection.port = message.port === 0 ? null : message.port;
        return;
      case 'software':
        connection.software = message.software;
        return;
      case 'leaving':
      case 'left':
        return yield* this.#leave(daemon, host, message, atMs);
      case 'nothing':
        return;
    }
  }

  *#accept(
    daemon: string,
    host: string,
    { software, port }: SshdConnection,
    message: Extract<SshdMessage, { readonly kind: 'accepted' }>,
    { atMs, mark }: LogMoment,
  ): Generator<ImportStep, void, void> {
    const place = placeOf(host, message.peer);
    for (const before of [this.#byPlace.get(place), this.#byProcess.get(daemon)]) {
      if (before !== undefined) yield* this.#close(before, before.lastAtMs, 'the log does not say when it ended');
    }
    const name = JSON.stringify([daemon, place, mark, message.user, this.#defaults.socket]);
    const session: Accepted = { key: this.#keys.next(name), daemon, place, lastAtMs: atMs, reason: null };
    this.#byPlace.set(place, session);
    this.#byProcess.set(daemon, session);
    yield {
      kind: 'open',
      key: session.key,
      session: acceptedSession(message, { host, port, software, atMs }, this.#defaults),
    };
    for (const oldest of this.#byPlace.values()) {
      if (this.#byPlace.size <= CONNECTIONS_MAX) break;
      yield* this.#close(oldest, oldest.lastAtMs, 'the log does not say when it ended');
    }
  }

  /** NOTE the process that says so may be another one than the one that accepted it. */
  *#leave(
    daemon: string,
    host: string,
    message: Extract<SshdMessage, { readonly kind: 'leaving' | 'left' }>,
    atMs: number,
  ): Generator<ImportStep, void, void> {
    const byPlace = message.peer === null ? undefined : this.#byPlace.get(placeOf(host, message.peer));
    const session = byPlace ?? this.#byProcess.get(daemon);
    if (session === undefined) return;
    session.lastAtMs = Math.max(session.lastAtMs, atMs);
    if (message.kind === 'leaving') session.reason = message.reason;
    else yield* this.#close(session, atMs, session.reason ?? message.reason);
  }

  *#close(session: Accepted, endedAtMs: number, reason: string | null): Generator<ImportStep, void, void> {
    if (this.#byPlace.get(session.place) !== session) return;
    this.#byPlace.delete(session.place);
    if (this.#byProcess.get(session.daemon) === session) this.#byProcess.delete(session.daemon);
    yield { kind: 'close', key: session.key, endedAtMs, reason };
  }

  *#refused(daemon: string, attempt: Attempt | null): Generator<ImportStep, void, void> {
    if (attempt === null) return;
    const [host = ''] = daemon.split('\0');
    const { user, peer, reason, at } = attempt;
    const name = JSON.stringify([daemon, peer.ip, peer.port, user, reason, at.mark, this.#defaults.socket]);
    yield { kind: 'open', key: this.#keys.next(name), session: refusedSession(attempt, host, this.#defaults) };
  }

  #connectionOf(daemon: string): SshdConnection {
    const connection = this.#connections.get(daemon) ?? new SshdConnection();
    // The map's order is the order of the last lines.
    this.#connections.delete(daemon);
    this.#connections.set(daemon, connection);
    return connection;
  }

  *#forgetIdle(nowMs: number): Generator<ImportStep, void, void> {
    for (const [daemon, connection] of this.#connections) {
      const isIdle = Math.abs(nowMs - connection.lastAtMs) > CONNECTION_IDLE_MS;
      if (!isIdle && this.#connections.size <= CONNECTIONS_MAX) return;
      this.#connections.delete(daemon);
      yield* this.#refused(daemon, connection.end());
    }
  }
}

const placeOf = (host: string, { ip, port }: SshdPeer): string => `${host}\0${ip}\0${port ?? ''}`;

/** What the line says, or why it is passed over. */
const messageOf = ({ program, message }: SyslogLine): SshdMessage | string => {
  if (program === 'dropbear') return readDropbearMessage(message) ?? 'says nothing of a session';
  return isOpenSsh(program) ? (readSshdMessage(message) ?? 'says nothing of a session') : 'of another program';
};
