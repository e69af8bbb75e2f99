import { headLines } from '../format/lines/head-lines.ts';
import { LINE_TOO_LONG, readLogLines } from '../format/lines/log-lines.ts';
import { readSyslogLine } from '../format/lines/syslog-line.ts';
import type { AccessEntry } from '../format/web-access/access-entry.ts';
import { readJsonEntry } from '../format/web-access/json-entry.ts';
import { readTextEntry } from '../format/web-access/text-entry.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { Activities } from './activities.ts';
import type { ImportDefaults } from './import-defaults.ts';
import type { ImportFormat } from './import-format.ts';
import type { ImportedSession, ImportStep } from './import-step.ts';
import { importedSession } from './imported-session.ts';

/** A longer line is no web server's: they refuse longer requests. */
const LINE_LENGTH_MAX = 256 * 1024;

/**
 * Access logs of web servers (common and combined format, Caddy's and Traefik's JSON): an HTTP session for each address, user,
 * user agent and host, cut when idle; each line is a request and its answer.
 */
export const webAccessFormat: ImportFormat = {
  name: 'web-access',
  title: 'access log of a web server (nginx, Apache, Caddy, Traefik)',
  recognises: ({ bytes }) => headLines(bytes).some((line) => entryOf(line) !== null),
  async *read(source, { defaults, signal }) {
    const activities = new Activities<Requests>();
    for await (const lines of readLogLines(source.open())) {
      signal.throwIfAborted();
      for (const { number, text } of lines) {
        if (text?.trim() === '') continue;
        const entry = text === null ? null : entryOf(text);
        if (entry === null)
          yield { kind: 'skip', line: number, reason: text === null ? LINE_TOO_LONG : reasonOf(text) };
        else yield* request(entry, activities, defaults);
      }
    }
    yield* activities.end();
  },
};

/** Requests of a session that were told. */
type Requests = { count: number };

/** The entry of a line, also where a syslog carries it. */
const entryOf = (line: string): AccessEntry | null => {
  if (line.length > LINE_LENGTH_MAX) return null;
  if (line.startsWith('{')) return readJsonEntry(line);
  const entry = readTextEntry(line);
  const carried = /^(?:<\d|[A-Z][a-z]{2} [ \d]\d |\d{4}-)/.test(line) ? readSyslogLine(line) : null;
  if (carried === null) return entry;
  const within = carried.message.startsWith('{') ? readJsonEntry(carried.message) : readTextEntry(carried.message);
  return within === null ? null : { ...within, host: within.host ?? carried.host };
};

const reasonOf = (line: string): string => {
  const isError = /^\d{4}\/\d{2}\/\d{2} \d{2}:\d{2}:\d{2} \[\w+\]|^\[\w{3} \w{3} \d{2} [\d:.]+ \d{4}\] \[/.test(line);
  return isError ? 'of an error log' : 'not in a format of access logs that this program knows';
};

function* request(
  entry: AccessEntry,
  activities: Activities<Requests>,
  defaults: ImportDefaults,
): Generator<ImportStep, void, void> {
  const { address, user, agent, host, startedAtMs, durationMs } = entry;
  const who = JSON.stringify([address, user, agent, host, defaults.socket]);
  const endedAtMs = startedAtMs + Math.round(durationMs ?? 0);
  const activity = yield* activities.at(who, endedAtMs, () => ({
    session: sessionOf(entry, defaults),
    mark: JSON.stringify([entry.request, entry.status, entry.bodySize]),
    state: { count: 0 },
  }));
  activity.state.count += 1;
  const events = eventsOf(entry, `${activity.state.count}`, activity.startedAtMs, endedAtMs);
  yield { kind: 'events', key: activity.key, events };
}

const sessionOf = (entry: AccessEntry, defaults: ImportDefaults): ImportedSession => {
  const isEmail = entry.user !== null && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(entry.user);
  return importedSession(
    {
      protocol: 'HTTP',
      upstream: 'http',
      user: { identity: entry.user, email: isEmail ? entry.user : null },
      socket: entry.host,
      client: { ip: entry.address, port: null, software: entry.agent },
      server: { name: entry.host, port: null },
      sshUser: null,
      authInfo: null,
      labels: {},
      startedAtMs: entry.startedAtMs,
      denyReason: null,
      recording: { kind: 'HTTP', columns: null, rows: null },
    },
    defaults,
  );
};

const eventsOf = (entry: AccessEntry, id: string, startMs: number, endedAtMs: number): readonly RecordedEvent[] => {
  const { request: asked, headers, status, bodySize, durationMs, upstream } = entry;
  const asking: RecordedEvent = {
    timeMs: entry.startedAtMs - startMs,
    code: 'req',
    payload: [id, { ...asked, headers, bodySize: null }],
  };
  const answer = { status, httpVersion: asked.httpVersion, headers: [], bodySize, durationMs, serverAddress: upstream };
  return [asking, { timeMs: endedAtMs - startMs, code: 'res', payload: [id, answer] }];
};
