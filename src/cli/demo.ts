import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openAsciicast } from '../format/asciicast/asciicast-reader.ts';
import { encodeBatch } from '../format/batch-encoder.ts';
import { formatOf, importFile } from '../imports/import-file.ts';
import type { ImportDefaults } from '../imports/import-defaults.ts';
import { sessionOfAsciicast } from '../imports/session-of-asciicast.ts';
import { sessionTopic } from '../live/bus.ts';
import { Refusal } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import { HEAD_BYTES_MAX } from '../imports/import-source.ts';
import type { OpenedSession, Producer } from '../model/intake.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { sessionProtocols } from '../model/session.ts';
import type { Log } from '../api/parts.ts';
import { readSample, sampleNames } from './assets.ts';
import type { Installation } from './compose.ts';

const producer: Producer = { producer: 'demo', actor: 'demo' };

/** A sample and whose session it is shown as. */
const sampleSession = z.object({
  file: z.string(),
  user: z.object({
    identity: z.string(),
    email: z.string().nullish(),
    name: z.string().nullish(),
    sub: z.string().nullish(),
    nickname: z.string().nullish(),
    picture: z.string().nullish(),
    isServiceAccount: z.boolean().optional(),
  }),
  socket: z.object({ name: z.string() }),
  protocol: z.enum(sessionProtocols),
  upstream: z.string(),
  client: z.object({ ip: z.string(), port: z.int().nullish(), software: z.string().nullish() }),
  server: z.object({ name: z.string(), port: z.int() }),
  sshUser: z.string().nullish(),
  authInfo: z.string().nullish(),
  live: z.boolean(),
});
type SampleSession = z.infer<typeof sampleSession>;

/** Nobody watches a demo in which nothing happens for long. */
const IDLE_MAX_MS = 2000;
/** Events that are this close are sent together. */
const TOGETHER_MS = 50;
const PAUSE_MS = { min: 5000, max: 30_000 } as const;

/** Takes in the samples, and replays some of them as live sessions until it is disposed. */
export const startDemo = async (installation: Installation, log: Log): Promise<AsyncDisposable> => {
  const samples = z.array(sampleSession).parse(JSON.parse(new TextDecoder().decode(readSample('sessions.json'))));
  const stop = new AbortController();
  await closeLeftovers(installation);
  const logs = sampleNames().filter((name) => name !== 'sessions.json' && !samples.some(({ file }) => file === name));
  await importSamples(installation, [...samples.map(castSample), ...logs.map(logSample)], log);
  const replays = samples
    .filter((sample) => sample.live)
    .map((sample, index) => replayForever(installation, sample, index * 1500, stop.signal, log));
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(replays);
    },
  };
};

/** A demo that was killed has left its sessions open. */
const closeLeftovers = async ({ catalog, intake }: Installation): Promise<void> => {
  for (const { sessionId } of await catalog.runningSessions(producer.producer)) {
    await intake.closeSession(producer, {
      sessionId,
      epoch: null,
      endedAtMs: null,
      reason: 'the demo was started again',
    });
  }
};

const defaultsOf = (sample: SampleSession, startedAtMs: number | null): ImportDefaults => ({
  protocol: sample.protocol,
  upstream: sample.upstream,
  user: withoutUndefined(sample.user),
  socket: sample.socket.name,
  client: withoutUndefined(sample.client),
  server: sample.server,
  sshUser: sample.sshUser ?? null,
  authInfo: sample.authInfo ?? null,
  startedAtMs,
});

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

const withoutUndefined = <Fields extends object>(fields: Fields): Defined<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>;

async function* bytesOf({ file }: { readonly file: string }): AsyncGenerator<Uint8Array> {
  yield readSample(file);
}

/** A file to take in, and what it does not say by itself. */
type Sample = { readonly file: string; readonly defaults: ImportDefaults };

const castSample = (sample: SampleSession): Sample => ({ file: sample.file, defaults: defaultsOf(sample, null) });

/** Logs say themselves who, where and when. */
const logSample = (file: string): Sample => ({ file, defaults: unknownDefaults });

const unknownDefaults: ImportDefaults = {
  protocol: null,
  upstream: null,
  user: {},
  socket: null,
  client: {},
  server: {},
  sshUser: null,
  authInfo: null,
  startedAtMs: null,
};

/** What cannot be taken in now (a disk below its reserve) keeps nobody from seeing what is there. */
const importSamples = async (installation: Installation, samples: readonly Sample[], log: Log): Promise<void> => {
  try {
    for (const sample of samples) await importSample(installation, sample);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log('warn', 'not all samples could be taken in', { error });
  }
};

const importSample = async ({ intake }: Installation, { file, defaults }: Sample): Promise<void> => {
  const format = formatOf({ name: file, bytes: readSample(file).subarray(0, HEAD_BYTES_MAX), siblings: new Set() });
  await importFile(
    { intake, producer, newHash: () => createHash('sha256'), claims: new Map(), clock: () => Date.now() },
    format,
    { fileName: file, open: () => bytesOf({ file }), modifiedAtMs: Date.now(), sibling: () => null },
    { defaults, signal: new AbortController().signal, timeZone: 'UTC' },
  );
};

const replayForever = async (
  installation: Installation,
  sample: SampleSession,
  delayMs: number,
  signal: AbortSignal,
  log: Log,
): Promise<void> => {
  let pauseMs = delayMs;
  while (!signal.aborted) {
    try {
      await sleep(pauseMs, undefined, { signal });
      await replay(installation, sample, signal);
    } catch (error) {
      if (signal.aborted) return;
      log(error instanceof Refusal ? 'warn' : 'error', 'a demo session failed; the next one follows', { error });
    }
    pauseMs = PAUSE_MS.min + Math.random() * (PAUSE_MS.max - PAUSE_MS.min);
  }
};

/** One live session, from its opening to its end or its kill. */
const replay = async (installation: Installation, sample: SampleSession, signal: AbortSignal): Promise<void> => {
  const { intake, bus } = installation;
  await using reader = await openAsciicast(bytesOf(sample));
  const sessionId = crypto.randomUUID() as SessionId;
  const startedAtMs = Date.now();
  const input = sessionOfAsciicast(reader.header, sessionId, startedAtMs, defaultsOf(sample, startedAtMs));
  const opened = await intake.openSession(producer, input);
  using hints = bus.listen(sessionTopic(sessionId));
  const events: RecordedEvent[] = [];
  for await (const group of reader.groups()) events.push(...group);
  const isKilled = await play(installation, opened, together(withoutIdle(events)), hints, signal);
  if (isKilled) await intake.confirmKill(producer, sessionId);
  else
    await intake.closeSession(producer, { sessionId, epoch: opened.epoch, endedAtMs: null, reason: endReason(signal) });
};

const endReason = (signal: AbortSignal): string => (signal.aborted ? 'the demo stopped' : 'closed by the client');

const withoutIdle = (events: readonly RecordedEvent[]): readonly RecordedEvent[] => {
  let skippedMs = 0;
  let beforeMs = 0;
  return events.map((event) => {
    skippedMs += Math.max(0, event.timeMs - beforeMs - IDLE_MAX_MS);
    beforeMs = event.timeMs;
    return { ...event, timeMs: event.timeMs - skippedMs };
  });
};

const together = (events: readonly RecordedEvent[]): readonly (readonly RecordedEvent[])[] => {
  const groups: RecordedEvent[][] = [];
  for (const event of events) {
    const group = groups.at(-1);
    if (group?.[0] !== undefined && event.timeMs - group[0].timeMs < TOGETHER_MS) group.push(event);
    else groups.push([event]);
  }
  return groups;
};

/** Sends each group when its time has come. @returns whether the session was killed meanwhile */
const play = async (
  { intake, catalog }: Installation,
  { session, recording, epoch }: OpenedSession,
  groups: readonly (readonly RecordedEvent[])[],
  hints: { next(signal: AbortSignal, timeoutMs: number): Promise<void> },
  signal: AbortSignal,
): Promise<boolean> => {
  if (recording === null) return false;
  let firstEvent = 0;
  for (const group of groups) {
    const dueMs = session.startedAtMs + (group.at(-1)?.timeMs ?? 0);
    while (Date.now() < dueMs && !signal.aborted) {
      await hints.next(signal, dueMs - Date.now());
      const current = await catalog.session({ scope: 'all' }, session.sessionId);
      if (current?.status === 'KILLING') return true;
    }
    if (signal.aborted) return false;
    const batch = { recordingId: recording.recordingId, epoch, firstEvent, msgpack: encodeBatch(group) };
    const { kill } = await intake.appendEvents(producer, batch);
    if (kill !== null) return true;
    firstEvent += group.length;
  }
  return false;
};
