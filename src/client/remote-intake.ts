import { decodeBase64 } from '../format/base64.ts';
import { type Refusal, refusalCodes, Unavailable } from '../model/errors.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import type {
  AppendedEvents,
  AppendEvents,
  CloseSession,
  Intake,
  OpenedRecording,
  OpenedSession,
  OpenRecording,
  OpenSession,
  Producer,
} from '../model/intake.ts';
import type { Recording } from '../model/recording.ts';
import { refusalFromWire } from '../model/refusal-wire.ts';
import type { Session, SessionKill } from '../model/session.ts';

export type RemoteIntakeParts = {
  /** Of the running server, without a slash at the end. */
  readonly url: string;
  /** The token of the server's process, which is in its data folder. */
  readonly token: string;
};

/** A recording as it is sent: bytes as base64. */
type SentRecording = Omit<Recording, 'headHash' | 'signature'> & {
  readonly headHash: string | null;
  readonly signature: string | null;
};

/** What a refusal says beside its code and message; each code has some of these. */
type SentRefusal = {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly next_event?: number;
  readonly epoch?: number;
  readonly session_id?: string;
  readonly kill?: SessionKill;
  readonly retry_after?: number;
};

/** What the call was about, for refusals that name it. */
type Sent = {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly type: 'application/json' | 'application/msgpack';
  readonly body: string | Uint8Array;
  readonly about: { readonly recordingId?: RecordingId; readonly firstEvent?: number; readonly epoch?: number | null };
};

/** Seconds after which to try again when the server does not say. */
const RETRY_AFTER_SECONDS = 5;

/**
 * The intake of a server that runs on this machine. Each call is one request, and safe to repeat; nothing is kept or
 * repeated here. A server that cannot be reached is Unavailable.
 */
export class RemoteIntake implements Intake {
  readonly #parts: RemoteIntakeParts;
  /** Per recording: the batch that was sent last. */
  readonly #appending = new Map<RecordingId, Promise<unknown>>();

  constructor(parts: RemoteIntakeParts) {
    this.#parts = parts;
  }

  async openSession(producer: Producer, input: OpenSession): Promise<OpenedSession> {
    type Answer = Omit<OpenedSession, 'recording'> & { readonly recording: SentRecording | null };
    const opened = await this.#post<Answer>(producer, 'open-session', input);
    return { ...opened, recording: opened.recording === null ? null : receivedRecording(opened.recording) };
  }

  async openRecording(
    producer: Producer,
    input: { readonly sessionId: SessionId; readonly epoch: number } & OpenRecording,
  ): Promise<OpenedRecording> {
    type Answer = Omit<OpenedRecording, 'recording'> & { readonly recording: SentRecording };
    const opened = await this.#post<Answer>(producer, 'open-recording', input, { epoch: input.epoch });
    return { ...opened, recording: receivedRecording(opened.recording) };
  }

  /** Batches of one recording are sent in the order of the calls, each when the one before was answered. */
  appendEvents(producer: Producer, input: AppendEvents): Promise<AppendedEvents> {
    const { recordingId } = input;
    const sent = this.#after(this.#appending.get(recordingId), () => this.#append(producer, input));
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

  #append(producer: Producer, { recordingId, firstEvent, epoch, msgpack }: AppendEvents): Promise<AppendedEvents> {
    return this.#send<AppendedEvents>(producer, {
      method: 'PUT',
      path: `events/${recordingId}/${firstEvent}?epoch=${epoch}&`,
      type: 'application/msgpack',
      body: msgpack,
      about: { recordingId, firstEvent, epoch },
    });
  }

  confirmKill(producer: Producer, sessionId: SessionId): Promise<Session> {
    return this.#post<Session>(producer, 'confirm-kill', { sessionId });
  }

  closeSession(producer: Producer, input: CloseSession): Promise<Session> {
    return this.#post<Session>(producer, 'close-session', input, { epoch: input.epoch });
  }

  #post<Answer>(producer: Producer, name: string, input: object, about: Sent['about'] = {}): Promise<Answer> {
    const body = JSON.stringify(input);
    return this.#send<Answer>(producer, { method: 'POST', path: `${name}?`, type: 'application/json', body, about });
  }

  async #send<Answer>({ producer, actor }: Producer, { method, path, type, body, about }: Sent): Promise<Answer> {
    const who = new URLSearchParams({ producer, actor });
    const url = `${this.#parts.url}/local/intake/${path}${who.toString()}`;
    const headers = { 'x-access-token': this.#parts.token, 'content-type': type };
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(url, { method, headers, body: typeof body === 'string' ? body : Buffer.from(body) });
      answer = await response.json();
    } catch (error) {
      throw unreachable(this.#parts.url, error);
    }
    // NOTE: answers come from the same version of this program, so they have the port's types.
    if (response.ok) return answer as Answer;
    throw refusalOf((answer as { readonly error: SentRefusal }).error, about);
  }
}

const unreachable = (url: string, cause: unknown): Unavailable => {
  const error = new Unavailable(`the server at ${url} does not answer`, RETRY_AFTER_SECONDS);
  error.cause = cause;
  return error;
};

const receivedBytes = (base64: string | null): Uint8Array | null => (base64 === null ? null : decodeBase64(base64));

const receivedRecording = (recording: SentRecording): Recording => ({
  ...recording,
  headHash: receivedBytes(recording.headHash),
  signature: receivedBytes(recording.signature),
});

/** The refusal that the server had. One that this program does not know is an error of one of the two. */
const refusalOf = (sent: SentRefusal, about: Sent['about']): Refusal | Error => {
  const code = refusalCodes.find((known) => known === sent.code);
  if (code === undefined) return new Error(`the server refused with ${sent.code}: ${sent.message}`);
  return refusalFromWire({
    code,
    message: sent.message,
    field: sent.field ?? 'body',
    sessionId: sent.session_id as SessionId | undefined,
    kill: sent.kill,
    recordingId: about.recordingId,
    nextEvent: sent.next_event,
    epoch: sent.epoch,
    got: (code === 'FENCED' ? about.epoch : about.firstEvent) ?? undefined,
    retryAfterSeconds: sent.retry_after ?? RETRY_AFTER_SECONDS,
  });
};
