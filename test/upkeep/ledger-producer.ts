import { randomUUID } from 'node:crypto';
import { isPassing } from '../../src/client/retry.ts';
import { RemoteIntake } from '../../src/client/remote-intake.ts';
import type { ServerParts } from '../../src/client/server-calls.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { SessionEnded } from '../../src/model/errors.ts';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { aSession, noise, output, producer, terminal } from '../store/feeding.ts';

/** What a producer knows of one recording, whatever became of the server. */
export type LedgerEntry = {
  readonly sessionId: SessionId;
  readonly recordingId: RecordingId;
  readonly feeding: Feeding;
  /** Which recording of all: what is in its events depends on it. */
  readonly seed: number;
  /** Events that were given away, acknowledged or not. */
  sent: number;
  acknowledged: number;
  /** Whether its session's end was asked for, and acknowledged. */
  end: 'none' | 'asked' | 'acknowledged';
};

/** How a producer feeds. */
export type Feeding = {
  readonly seed: number;
  /** Bytes of each event; the words before them are as many more as they need. */
  readonly eventBytes: number;
  /** Every event ends inside a character that the next one finishes: no chunk ends before it is as large as chunks may be. */
  readonly isCut: boolean;
  readonly batchEvents: number;
  /** A session ends after so many events, and another begins. */
  readonly sessionEvents: number;
};

/** The server as it is now. Rejects when the signal aborts while there is none. */
export type WhichServer = (signal: AbortSignal) => Promise<ServerParts>;

const NOISE_BYTES = 2 * 1024 * 1024;
const character = Buffer.from('é');
const sea = noise(NOISE_BYTES);

/** What stands at an ordinal: the same for the same recording, so that it need not be remembered. */
export const eventAt = ({ seed, feeding }: LedgerEntry, ordinal: number): RecordedEvent => {
  const { eventBytes, isCut } = feeding;
  const from = ((seed * 7919 + ordinal) * 104_729) % (NOISE_BYTES - eventBytes);
  const pieces = [Buffer.from(`${seed} ${ordinal} `), sea.subarray(from, from + eventBytes)];
  if (isCut && ordinal > 0) pieces.unshift(character.subarray(1));
  if (isCut) pieces.push(character.subarray(0, 1));
  return output(ordinal, Buffer.concat(pieces));
};

/**
 * A producer that feeds one session after the other over the public API for as long as it is let, comes back to whichever
 * server there is, and writes down what it sent and what was acknowledged.
 */
export class LedgerProducer {
  readonly ledger: LedgerEntry[] = [];
  /** What a server said that no server may say. */
  readonly broken: string[] = [];
  readonly #feeding: Feeding;
  readonly #which: WhichServer;
  readonly #onBatch: () => void;

  /** @param onBatch told of every batch that was acknowledged */
  constructor(feeding: Feeding, which: WhichServer, onBatch: () => void) {
    this.#feeding = feeding;
    this.#which = which;
    this.#onBatch = onBatch;
  }

  /** Resolves when the signal aborted. @throws what no retry helps against */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const intake = new RemoteIntake({ ...(await this.#which(signal)), signal });
        while (!signal.aborted) await this.#feed(intake, this.#current(), signal);
      } catch (error) {
        if (!signal.aborted && !isPassing(error)) throw error;
      }
    }
  }

  #current(): LedgerEntry {
    const last = this.ledger.at(-1);
    if (last !== undefined && last.end !== 'acknowledged') return last;
    const feeding = this.#feeding;
    const seed = feeding.seed + 100 * this.ledger.length;
    const [sessionId, recordingId] = [randomUUID() as SessionId, randomUUID() as RecordingId];
    const entry: LedgerEntry = { sessionId, recordingId, feeding, seed, sent: 0, acknowledged: 0, end: 'none' };
    this.ledger.push(entry);
    return entry;
  }

  /** Opens, again where it was open, and goes on from where the server is. */
  async #feed(intake: RemoteIntake, entry: LedgerEntry, signal: AbortSignal): Promise<void> {
    const { sessionId, recordingId } = entry;
    const epoch = await this.#open(intake, entry);
    if (epoch === null) return;
    const { batchEvents, sessionEvents } = this.#feeding;
    while (entry.acknowledged < sessionEvents && !signal.aborted) {
      const firstEvent = entry.acknowledged;
      const events = Array.from({ length: batchEvents }, (_, at) => eventAt(entry, firstEvent + at));
      entry.sent = Math.max(entry.sent, firstEvent + batchEvents);
      const appended = await intake.appendEvents(producer, {
        recordingId,
        epoch,
        firstEvent,
        msgpack: encodeBatch(events),
      });
      this.#acknowledge(entry, appended.nextEvent);
      this.#onBatch();
    }
    if (signal.aborted) return;
    entry.end = 'asked';
    await intake.closeSession(producer, { sessionId, epoch, endedAtMs: null, reason: null });
    entry.end = 'acknowledged';
  }

  /** @returns null when its session has ended, as was asked for */
  async #open(intake: RemoteIntake, entry: LedgerEntry): Promise<number | null> {
    const { sessionId, recordingId } = entry;
    try {
      const opened = await intake.openSession(
        producer,
        aSession({ sessionId, startedAtMs: null, recording: { ...terminal, recordingId } }),
      );
      this.#acknowledge(entry, opened.nextEvent ?? 0);
      return opened.epoch;
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
      if (entry.end === 'none') this.broken.push(`${sessionId} ended by itself`);
      entry.end = 'acknowledged';
      return null;
    }
  }

  #acknowledge(entry: LedgerEntry, nextEvent: number): void {
    const { recordingId, acknowledged, sent } = entry;
    if (nextEvent < acknowledged) this.broken.push(`${recordingId}: ${acknowledged} acknowledged, then ${nextEvent}`);
    if (nextEvent > sent) this.broken.push(`${recordingId}: ${sent} sent, and ${nextEvent} are there`);
    entry.acknowledged = nextEvent;
  }
}
