import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { eventsOfEntry } from '../format/har/entry-events.ts';
import { type HarEntry, momentOf, readHarEntry } from '../format/har/har-entry.ts';
import { type HarLog, softwareOf } from '../format/har/har-log.ts';
import { readHar } from '../format/har/har-reader.ts';
import { RECORDING_MS_MAX } from '../model/limits.ts';
import { EventQueue } from './event-queue.ts';
import type { ImportFormat, ImportGiven } from './import-format.ts';
import type { ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';
import { importedSession } from './imported-session.ts';

const decoder = new TextDecoder();

/**
 * HAR 1.2: a file is a session of kind HTTP, as it is what one client did. It is read twice: first whether it is whole, when
 * it begins and what it says of itself, which may stand at its end; then its entries, brought into the order of time.
 */
export const harFormat: ImportFormat = {
  name: 'har',
  title: 'HAR (HTTP archive)',
  recognises: ({ name, bytes }) => {
    const head = decoder.decode(bytes);
    if (/^\s*\{\s*"log"\s*:\s*\{/.test(head)) return true;
    return /\.har(?:\.gz|\.zst)?$/i.test(name) && /^\s*\{/.test(head);
  },
  async *read(source, given) {
    const surveyed = await survey(source, given);
    const { key, startedAtMs } = surveyed;
    yield { kind: 'open', key, session: sessionOf(surveyed, source, given) };
    let lastMs = 0;
    for await (const step of stepsOf(source, surveyed, given.signal)) {
      if (step.kind === 'events') lastMs = Math.max(lastMs, step.events.at(-1)?.timeMs ?? 0);
      yield step;
    }
    const startMs = given.defaults.startedAtMs ?? startedAtMs ?? Math.floor(source.modifiedAtMs);
    yield { kind: 'close', key, endedAtMs: startMs + lastMs, reason: 'end of the recording' };
  },
};

type Surveyed = {
  /** Hash of the content. */
  readonly key: string;
  readonly log: HarLog;
  readonly first: HarEntry;
  /** Of the earliest entry or page, milliseconds since the epoch; null where none says. */
  readonly startedAtMs: number | null;
};

/** Reads the whole file once. @throws NotARecording */
const survey = async (source: ImportSource, { newHash, signal }: ImportGiven): Promise<Surveyed> => {
  const hash = newHash();
  const entries = readHar(hashed(source, hash, signal));
  let first: HarEntry | null = null;
  let firstMs: number | null = null;
  let startedAtMs: number | null = null;
  const seen = (timeMs: number | null): void => {
    firstMs ??= timeMs;
    if (isNear(timeMs, firstMs)) startedAtMs = Math.min(startedAtMs ?? timeMs, timeMs);
  };
  let next = await entries.next();
  for (; next.done !== true; next = await entries.next()) {
    first ??= readHarEntry(next.value.value);
    seen(momentOf(next.value.value));
  }
  const log = next.value;
  for (const page of log.pages) seen(page.startedAtMs);
  if (first === null) throw new NotARecording('a HAR without any request', null);
  const key = [...hash.digest()].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { key, log, first, startedAtMs };
};

async function* hashed(
  source: ImportSource,
  hash: ReturnType<ImportGiven['newHash']>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of source.open()) {
    signal.throwIfAborted();
    hash.update(piece);
    yield piece;
  }
}

/** Whether a time may be one of the same recording: nonsense of some recorders lies decades before or behind. */
const isNear = (timeMs: number | null, otherMs: number | null): timeMs is number =>
  timeMs !== null && Math.abs(timeMs - (otherMs ?? timeMs)) <= RECORDING_MS_MAX / 2;

async function* stepsOf(
  source: ImportSource,
  { key, log, startedAtMs }: Surveyed,
  signal: AbortSignal,
): AsyncGenerator<ImportStep, void, void> {
  const queue = new EventQueue();
  let timeMs = 0;
  const timeOf = (atMs: number | null): number => {
    // What does not say when it was, was with the one before it.
    if (isNear(atMs, startedAtMs)) timeMs = Math.max(0, atMs - (startedAtMs ?? atMs));
    return timeMs;
  };
  for (const page of log.pages) {
    const marker = { timeMs: timeOf(page.startedAtMs), code: 'm', payload: [page.title] };
    const events = queue.push({ timeMs, events: [marker], bytes: page.title.length });
    if (events.length > 0) yield { kind: 'events', key, events };
  }
  timeMs = 0;
  let count = 0;
  for await (const { value, line } of readHar(source.open())) {
    signal.throwIfAborted();
    const entry = readHarEntry(value);
    if (entry === null) {
      yield { kind: 'skip', line, reason: 'an entry without a request that has a method and a url' };
      continue;
    }
    count += 1;
    for (const group of eventsOfEntry(entry, String(count), timeOf(entry.startedAtMs))) {
      const events = queue.push(group);
      if (events.length > 0) yield { kind: 'events', key, events };
    }
  }
  for (const events of queue.end()) yield { kind: 'events', key, events };
}

const sessionOf = ({ log, first, startedAtMs }: Surveyed, source: ImportSource, { defaults }: ImportGiven) => {
  const { request } = first;
  const url = URL.parse(request.url);
  const agent = request.headers?.find(([name]) => name.toLowerCase() === 'user-agent')?.[1] ?? null;
  const port = url === null ? null : Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const server = { name: url?.hostname || null, port };
  return importedSession(
    {
      protocol: 'HTTP',
      upstream: null,
      user: {},
      socket: server.name,
      client: { ip: null, port: null, software: agent ?? softwareOf(log.browser) ?? softwareOf(log.creator) },
      server,
      sshUser: null,
      authInfo: null,
      labels: {
        har: log.version,
        title: log.pages[0]?.title,
        comment: log.comment,
        creator: log.creator,
        browser: log.browser,
        pages: log.pages.length === 0 ? null : log.pages.map(({ page }) => page),
      },
      startedAtMs: defaults.startedAtMs ?? startedAtMs ?? Math.floor(source.modifiedAtMs),
      denyReason: null,
      recording: { kind: 'HTTP', columns: null, rows: null },
    },
    defaults,
  );
};
