import { type Refusal, refusalCodes, Unavailable } from '../model/errors.ts';
import { type RefusalWire, refusalFromWire } from '../model/refusal-wire.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import { answerText } from './answer-text.ts';
import { killOf, type SentKill } from './sent-kill.ts';

export type ServerParts = {
  /** Of the server, without a slash at the end. */
  readonly url: string;
  /** Of a PRODUCER, or of the server's own process. */
  readonly token: string;
  /** Ends what is on its way, when whoever asks cannot wait. */
  readonly signal?: AbortSignal;
};

/** What a call was about, for refusals that name it. */
export type About = {
  readonly recordingId?: RecordingId;
  readonly firstEvent?: number;
  readonly epoch?: number | null;
};

/** What a refusal of this code says of the call. */
export const aboutOf = (code: Refusal['code'], { recordingId, firstEvent, epoch }: About): Partial<RefusalWire> => ({
  recordingId,
  got: (code === 'FENCED' ? epoch : firstEvent) ?? undefined,
});

/** A refusal over plain HTTP; each code has some of the fields. */
type SentRefusal = {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly next_event?: number;
  readonly epoch?: number;
  readonly session_id?: string;
  readonly kill?: SentKill;
  readonly retry_after?: number;
};

export type Call = {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly about?: About;
};

/** Seconds after which to try again when the server does not say. */
export const RETRY_AFTER_SECONDS = 5;
/** A server that does not answer for this long is not there: the call may be repeated. */
const ANSWER_MS = 60_000;

/**
 * One request to the server, with the token. Nothing is repeated here. A server that cannot be reached, says nothing, or
 * stands behind something that cannot reach it is Unavailable.
 */
export const callServer = async ({ url, token, signal }: ServerParts, call: Call): Promise<unknown> => {
  const { method, path, headers, body, about = {} } = call;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, 'x-access-token': token },
      body,
      redirect: 'error',
      signal: AbortSignal.any([AbortSignal.timeout(ANSWER_MS), ...(signal === undefined ? [] : [signal])]),
    });
    text = await answerText(response);
  } catch (cause) {
    throw new Unavailable(`the server at ${url} does not answer`, RETRY_AFTER_SECONDS, { cause });
  }
  const answer = readJson(text);
  if (answer !== null && !('error' in answer)) return answer;
  throw refusalOfAnswer(url, response.status, text, about);
};

/** What an answer that is not the one that was asked for says: the server's refusal, or that something else answered. */
export const refusalOfAnswer = (url: string, status: number, text: string, about: About = {}): Error => {
  const refusal = (readJson(text) as { readonly error?: SentRefusal } | null)?.error;
  if (refusal !== undefined) return refusalOf(refusal, about);
  if (status >= 500) return new Unavailable(`the server at ${url} answers with status ${status}`, RETRY_AFTER_SECONDS);
  return new Error(`the server at ${url} answers with status ${status}, and not as this program expects`);
};

/** Null for what is no JSON object. */
const readJson = (text: string): object | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
};

/** The refusal that the server had. One that this program does not know is an error of one of the two. */
const refusalOf = (sent: SentRefusal, about: About): Refusal | Error => {
  const code = refusalCodes.find((known) => known === sent.code);
  if (code === undefined) return new Error(`the server refused with ${sent.code}: ${sent.message}`);
  return refusalFromWire({
    ...aboutOf(code, about),
    code,
    message: sent.message,
    field: sent.field ?? 'body',
    sessionId: sent.session_id as SessionId | undefined,
    kill: sent.kill === undefined ? undefined : killOf(sent.kill),
    nextEvent: sent.next_event,
    epoch: sent.epoch,
    retryAfterSeconds: sent.retry_after ?? RETRY_AFTER_SECONDS,
  });
};
