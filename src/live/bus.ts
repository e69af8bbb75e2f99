/**
 * Carries hints from whoever committed to whoever waits. A message may be lost, repeated or reordered; a topic says only
 * "look again". Whoever listens reads the truth from the store.
 *
 * An implementation MUST NOT block the publisher, MUST NOT buffer more than one hint a listener, and MUST NOT call a
 * listener after its disposal.
 */
export interface Bus {
  publish(topic: string): void;
  /** Disposing stops listening. */
  listen(topic: string): Listener;
}

export interface Listener extends Disposable {
  /** Resolves once the topic was published since the last call, or the signal aborts, or timeoutMs went by. Never rejects. */
  next(signal: AbortSignal, timeoutMs: number): Promise<void>;
}

export const sessionTopic = (sessionId: string): string => `session ${sessionId}`;
/** Any session changed. */
export const sessionsTopic = 'sessions';
/** A kill was asked for that this producer must hear of. */
export const killsTopic = (producer: string): string => `kills ${producer}`;
export const recordingTopic = (recordingId: string): string => `recording ${recordingId}`;
/** Tokens and sign-ins: one of them ended. */
export const credentialsTopic = 'credentials';
