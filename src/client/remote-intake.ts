import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { Forbidden } from '../model/errors.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import type {
  AppendedEvents,
  AppendEvents,
  CloseSession,
  FedRecording,
  FedSession,
  FedSessionEvent,
  Heartbeat,
  Intake,
  OpenedRecording,
  OpenedSession,
  OpenRecording,
  OpenSession,
  Producer,
  RecordSessionEvent,
} from '../model/intake.ts';
import { mutateServer, queryServer } from './graphql-call.ts';
import { producerDocuments, viewerDocument } from './producer-documents.ts';
import { graphqlKill, type GraphqlKill, killOf, requestOf, type SentKill } from './sent-kill.ts';
import { callServer, type ServerParts } from './server-calls.ts';

type SentSession = Pick<FedSession, 'sessionId' | 'status' | 'endReason'> & {
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly kill: GraphqlKill | null;
};
type SentRecording = Omit<FedRecording, 'startedAtMs'> & { readonly startedAt: string };
type SentEvent = Pick<FedSessionEvent, 'kind' | 'message'> & { readonly at: string };
type SentAppended = { readonly next_event: number; readonly kill?: SentKill };

const compress = promisify(zstdCompress);
/** Less is not worth the work, and within this machine nothing is. */
const COMPRESSED_BYTES_MIN = 1024;
const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * The intake of a server, over its public API. Each call is one request, and safe to repeat; nothing is kept or repeated here.
 * A server that cannot be reached is Unavailable.
 *
 * The server knows by the token who feeds: what is given as the producer must be what `producer` tells, and is not sent.
 */
export class RemoteIntake implements Intake {
  readonly #server: ServerParts;
  readonly #isNear: boolean;
  /** Per recording: the batch that was sent last. */
  readonly #appending = new Map<RecordingId, Promise<unknown>>();

  constructor(server: ServerParts) {
    this.#server = server;
    this.#isNear = loopback.has(new URL(server.url).hostname);
  }

  /** As whom the server takes what is fed with this token. @throws Forbidden when it may not feed, Unauthenticated, Unavailable */
  async producer(): Promise<Producer> {
    type Answer = { readonly viewer: { readonly name: string; readonly producer: string | null } };
    const { viewer } = (await queryServer(this.#server, viewerDocument)) as Answer;
    if (viewer.producer === null) throw new Forbidden(`the token ${viewer.name} may not feed`, 'PRODUCER');
    return { producer: viewer.producer, actor: viewer.name };
  }

  async openSession(_producer: Producer, { startedAtMs, ...input }: OpenSession): Promise<OpenedSession> {
    type Payload = Omit<OpenedSession, 'session' | 'recording'> & {
      readonly session: SentSession;
      readonly recording: SentRecording | null;
    };
    const opened = await mutateServer<Payload>(this.#server, producerDocuments.openSession, {
      ...input,
      startedAt: dateTime(startedAtMs),
    });
    return {
      session: sessionOf(opened.session),
      recording: opened.recording === null ? null : recordingOf(opened.recording),
      nextEvent: opened.nextEvent,
      epoch: opened.epoch,
    };
  }

  async openRecording(
    _producer: Producer,
    input: { readonly sessionId: SessionId; readonly epoch: number } & OpenRecording,
  ): Promise<OpenedRecording> {
    type Payload = { readonly recording: SentRecording; readonly nextEvent: number };
    const { openRecording } = producerDocuments;
    const opened = await mutateServer<Payload>(this.#server, openRecording, input, { epoch: input.epoch });
    return { recording: recordingOf(opened.recording), nextEvent: opened.nextEvent };
  }

  /** Batches of one recording are sent in the order of the calls, each when the one before was answered. */
  appendEvents(_producer: Producer, input: AppendEvents): Promise<AppendedEvents> {
    const { recordingId } = input;
    const sent = this.#after(this.#appending.get(recordingId), () => this.#append(input));
    this.#appending.set(recordingId, sent);
    const forget = (): void => {
      if (this.#appending.get(recordingId) === sent) this.#appending.delete(recordingId);
    };
    sent.then(forget, forget);
    return sent;
  }

  /** How the one before went is its own caller's to hear. */
  async #after<Answer>(before: Promise<unknown> | undefined, send: () => Promise<Answer>): Promise<Answer> {
    await Promise.allSettled([before]);
    return send();
  }

  async #append({ recordingId, firstEvent, epoch, msgpack }: AppendEvents): Promise<AppendedEvents> {
    const { body, encoding } = await this.#packed(msgpack);
    const answer = (await callServer(this.#server, {
      method: 'PUT',
      path: `/recordings/${recordingId}/events/${firstEvent}?epoch=${epoch}`,
      headers: { 'content-type': 'application/msgpack', ...encoding },
      body,
      about: { recordingId, firstEvent, epoch },
    })) as SentAppended;
    const { kill } = answer;
    return {
      nextEvent: answer.next_event,
      kill: kill === undefined ? null : requestOf(killOf(kill), kill.session_id ?? ''),
    };
  }

  async #packed(
    msgpack: Uint8Array,
  ): Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly encoding: Readonly<Record<string, string>> }> {
    if (!this.#isNear && msgpack.length >= COMPRESSED_BYTES_MIN) {
      const frame = await compress(msgpack, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
      if (frame.length < msgpack.length) return { body: frame, encoding: { 'content-encoding': 'zstd' } };
    }
    return { body: new Uint8Array(msgpack), encoding: {} };
  }

  async heartbeat(_producer: Producer, sessionIds: readonly SessionId[]): Promise<Heartbeat> {
    type Payload = {
      readonly kills: readonly (GraphqlKill & { readonly sessionId: string })[];
      readonly unknown: readonly SessionId[];
    };
    const { kills, unknown } = await mutateServer<Payload>(this.#server, producerDocuments.heartbeat, { sessionIds });
    return { kills: kills.map((kill) => requestOf(graphqlKill(kill), kill.sessionId)), unknown };
  }

  async recordSessionEvent(
    _producer: Producer,
    { atMs, eventId, ...input }: RecordSessionEvent,
  ): Promise<FedSessionEvent> {
    const given = { ...input, eventId: eventId ?? crypto.randomUUID(), at: dateTime(atMs) };
    type Payload = { readonly event: SentEvent };
    const { event } = await mutateServer<Payload>(this.#server, producerDocuments.recordSessionEvent, given);
    return { eventId: given.eventId, atMs: Date.parse(event.at), kind: event.kind, message: event.message };
  }

  async confirmKill(_producer: Producer, sessionId: SessionId): Promise<FedSession> {
    type Payload = { readonly session: SentSession };
    const { session } = await mutateServer<Payload>(this.#server, producerDocuments.confirmKill, { sessionId });
    return sessionOf(session);
  }

  async closeSession(_producer: Producer, { endedAtMs, ...input }: CloseSession): Promise<FedSession> {
    type Payload = { readonly session: SentSession };
    const { closeSession } = producerDocuments;
    const given = { ...input, endedAt: dateTime(endedAtMs) };
    const about = { epoch: input.epoch };
    const { session } = await mutateServer<Payload>(this.#server, closeSession, given, about);
    return sessionOf(session);
  }
}

const dateTime = (timeMs: number | null): string | null => (timeMs === null ? null : new Date(timeMs).toISOString());

const sessionOf = ({ startedAt, endedAt, kill, sessionId, status, endReason }: SentSession): FedSession => ({
  sessionId,
  status,
  endReason,
  startedAtMs: Date.parse(startedAt),
  endedAtMs: endedAt === null ? null : Date.parse(endedAt),
  kill: kill === null ? null : graphqlKill(kill),
});

const recordingOf = ({ recordingId, kind, state, startedAt }: SentRecording): FedRecording => ({
  recordingId,
  kind,
  state,
  startedAtMs: Date.parse(startedAt),
});
