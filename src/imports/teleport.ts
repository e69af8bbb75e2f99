import { readJsonDocuments } from '../format/lines/json-documents.ts';
import { numberAt, textAt } from '../format/lines/json-fields.ts';
import { readInstant } from '../format/lines/log-time.ts';
import { readTeleportEvent, type TeleportEvent } from '../format/teleport/audit-event.ts';
import { IMPORT_SESSIONS_OPEN_MAX } from '../model/limits.ts';
import { Activities } from './activities.ts';
import type { ImportDefaults } from './import-defaults.ts';
import type { ImportFormat } from './import-format.ts';
import type { ImportStep } from './import-step.ts';
import { RepeatedKeys } from './repeated-keys.ts';
import { recordedOf } from './teleport-events.ts';
import { teleportSession } from './teleport-session.ts';

const decoder = new TextDecoder();

/** Teleport's audit log: the sessions that it tells of, with their commands and queries, and refused logins. */
export const teleportFormat: ImportFormat = {
  name: 'teleport',
  title: 'Teleport audit log',
  recognises: ({ bytes }) => {
    const head = decoder.decode(bytes);
    if (!/^\ufeff?\s*[[{]/.test(head)) return false;
    return /"event"\s*:\s*"[a-z\d_.]+"/.test(head) && /"code"\s*:\s*"T[A-Z\d]{2,8}[IWE]"/.test(head);
  },
  async *read(source, { defaults, signal }) {
    const log = new TeleportLog(defaults);
    for await (const documents of readJsonDocuments(source.open())) {
      signal.throwIfAborted();
      for (const document of documents) {
        const event = document.problem ?? readTeleportEvent(document.value);
        if (typeof event === 'string') yield { kind: 'skip', line: document.line, reason: event };
        else yield* log.take(document.line, event);
      }
    }
    yield* log.end();
  },
};

/** Open at once of sessions, and again of requests that have none; one more is for what is done in a moment. */
const SESSIONS_MAX = IMPORT_SESSIONS_OPEN_MAX / 2 - 1;

/** A session that has begun and not ended. */
type Open = { readonly startedAtMs: number; lastAtMs: number };

const begins: ReadonlySet<string> = new Set([
  'session.start',
  'db.session.start',
  'app.session.start',
  'windows.desktop.session.start',
]);
const ends: ReadonlySet<string> = new Set([
  'session.end',
  'db.session.end',
  'app.session.end',
  'windows.desktop.session.end',
]);
/** What is one act of somebody, also outside of a session. */
const acts: ReadonlySet<string> = new Set(['exec', 'scp', 'sftp', 'user.login']);
/** What somebody tried in vain. */
const refusals: ReadonlySet<string> = new Set(['auth', 'session.rejected', 'user.login', ...begins]);

class TeleportLog {
  readonly #defaults: ImportDefaults;
  readonly #keys = new RepeatedKeys();
  readonly #requests = new Activities<null>(undefined, SESSIONS_MAX);
  /** By sid; in the order of the last events. */
  readonly #sessions = new Map<string, Open>();

  constructor(defaults: ImportDefaults) {
    this.#defaults = defaults;
  }

  *take(line: number, event: TeleportEvent): Generator<ImportStep, void, void> {
    const { name, sid, fields } = event;
    const refusal = refusalOf(event);
    const open = sid === null ? undefined : this.#sessions.get(sid);
    if (refusal !== null) yield* this.#refuse(event, refusal);
    else if (sid !== null && begins.has(name)) yield* this.#begin(sid, event, event.atMs);
    else if (sid !== null && ends.has(name)) yield* this.#end(sid, event);
    else if (sid !== null && open !== undefined) yield* this.#within(sid, open, event);
    else if (name === 'kube.request') yield* this.#request(event);
    else if (acts.has(name)) yield* this.#act(event);
    else yield { kind: 'skip', line, reason: reasonOf(name, textAt(fields, 'sid') !== null) };
  }

  *end(): Generator<ImportStep, void, void> {
    yield* this.#requests.end();
    for (const [sid, { lastAtMs }] of this.#sessions) {
      yield { kind: 'close', key: sid, endedAtMs: lastAtMs, reason: 'the log ends before it' };
    }
  }

  *#begin(sid: string, event: TeleportEvent, startedAtMs: number): Generator<ImportStep, void, void> {
    const known = this.#sessions.get(sid);
    if (known !== undefined) return yield* this.#within(sid, known, event);
    for (const [oldest, { lastAtMs }] of this.#sessions) {
      if (this.#sessions.size < SESSIONS_MAX) break;
      this.#sessions.delete(oldest);
      yield { kind: 'close', key: oldest, endedAtMs: lastAtMs, reason: 'the log does not say when it ended' };
    }
    this.#sessions.set(sid, { startedAtMs, lastAtMs: event.atMs });
    yield { kind: 'open', key: sid, session: teleportSession(event, null, this.#defaults, startedAtMs) };
  }

  /** NOTE the log may have the end alone: it says when the session began. */
  *#end(sid: string, event: TeleportEvent): Generator<ImportStep, void, void> {
    const { fields, atMs } = event;
    const startedAtMs = readInstant(textAt(fields, 'session_start') ?? '') ?? atMs;
    const endedAtMs = readInstant(textAt(fields, 'session_stop') ?? '') ?? atMs;
    if (!this.#sessions.has(sid)) yield* this.#begin(sid, event, startedAtMs);
    this.#sessions.delete(sid);
    yield { kind: 'close', key: sid, endedAtMs, reason: 'closed' };
  }

  *#within(sid: string, open: Open, event: TeleportEvent): Generator<ImportStep, void, void> {
    open.lastAtMs = Math.max(open.lastAtMs, event.atMs);
    this.#sessions.delete(sid);
    this.#sessions.set(sid, open);
    const timeMs = Math.max(0, event.atMs - open.startedAtMs);
    const events = recordedOf(event).map((recorded) => ({ ...recorded, timeMs }));
    if (events.length > 0) yield { kind: 'events', key: sid, events };
    const message = noteOf(event);
    if (message !== null) yield { kind: 'tell', key: sid, atMs: event.atMs, event: 'NOTE', message, details: null };
  }

  *#request(event: TeleportEvent): Generator<ImportStep, void, void> {
    const { fields, atMs } = event;
    const who = ['user', 'addr.remote', 'kubernetes_cluster', 'user_agent'].map((name) => textAt(fields, name));
    // Every request of a client may come from another port.
    const place = who[1]?.replace(/:\d+$/, '') ?? null;
    const { key, startedAtMs } = yield* this.#requests.at(JSON.stringify(who.with(1, place)), atMs, () => ({
      session: teleportSession(event, null, this.#defaults),
      mark: textAt(fields, 'uid') ?? '',
      state: null,
    }));
    const timeMs = Math.max(0, atMs - startedAtMs);
    yield { kind: 'events', key, events: recordedOf(event).map((recorded) => ({ ...recorded, timeMs })) };
  }

  /** A session of one moment. */
  *#act(event: TeleportEvent): Generator<ImportStep, void, void> {
    const key = this.#keyOf(event);
    yield { kind: 'open', key, session: teleportSession(event, null, this.#defaults) };
    const events = recordedOf(event).map((recorded) => ({ ...recorded, timeMs: 0 }));
    if (events.length > 0) yield { kind: 'events', key, events };
    yield { kind: 'close', key, endedAtMs: event.atMs, reason: event.name === 'user.login' ? 'signed in' : 'done' };
  }

  *#refuse(event: TeleportEvent, reason: string): Generator<ImportStep, void, void> {
    yield { kind: 'open', key: this.#keyOf(event), session: teleportSession(event, reason, this.#defaults) };
  }

  #keyOf({ name, fields, atMs }: TeleportEvent): string {
    const parts = ['uid', 'user', 'addr.remote'].map((field) => textAt(fields, field));
    return this.#keys.next(JSON.stringify([name, atMs, ...parts]));
  }
}

/** Why the event says that somebody was refused; null when nobody was. */
const refusalOf = ({ name, fields }: TeleportEvent): string | null => {
  if (!refusals.has(name)) return null;
  const isFailed = fields['success'] === false || name === 'auth' || name === 'session.rejected';
  const reason = textAt(fields, 'error') ?? textAt(fields, 'reason') ?? textAt(fields, 'message');
  return isFailed ? (reason ?? 'refused') : null;
};

/** What the event tells beside the recording, for people. */
const noteOf = ({ name, fields }: TeleportEvent): string | null => {
  const user = textAt(fields, 'user') ?? 'somebody';
  if (name === 'session.join') return `${user} joined`;
  if (name === 'session.leave') return `${user} left`;
  if (name === 'db.session.malformed_packet') return 'the client sent a malformed packet';
  if (name !== 'session.data') return null;
  return `${numberAt(fields, 'tx') ?? 0} bytes sent, ${numberAt(fields, 'rx') ?? 0} received`;
};

const reasonOf = (name: string, isOfSession: boolean): string => {
  if (name === 'print') return 'print: an audit log does not hold what was printed';
  const text = name.slice(0, 50);
  return isOfSession ? `${text}: of a session whose beginning is not in the log` : `${text}: of no session`;
};
