import { setTimeout as sleep } from 'node:timers/promises';
import { decodeBase64 } from '../format/base64.ts';
import { carryAfter } from '../format/run-bytes.ts';
import { NotFound, Unavailable } from '../model/errors.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import { PAGE_ITEMS_MAX } from '../model/limits.ts';
import type { RecordingState } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import type { SessionFilter, SessionOrder } from '../model/session-filter.ts';
import { answerText } from './answer-text.ts';
import { queryServer } from './graphql-call.ts';
import {
  type GraphqlRecording,
  type GraphqlSession,
  type GraphqlStoryEvent,
  type ReadRecording,
  readRecordingOf,
  type ReadSession,
  readSessionOf,
  type ReadStoryEvent,
  readStoryEventOf,
} from './read-session.ts';
import { readingDocuments } from './reading-documents.ts';
import { refusalOfAnswer, RETRY_AFTER_SECONDS, type ServerParts } from './server-calls.ts';
import { whyUnreachable } from './unreachable.ts';

/** A live recording is asked for more this often. */
const FOLLOW_MS = 1000;

type GraphqlPage<Node> = {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};
type GraphqlChunk = {
  readonly firstEvent: number;
  readonly eventCount: number;
  readonly startTime: number;
  readonly endTime: number;
  readonly msgpack: string;
};
type ChunksAnswer = { readonly node: Chunks | null };
type Chunks = { readonly state: RecordingState; readonly chunks: GraphqlPage<GraphqlChunk> };

export type ReadPage = {
  readonly sessions: readonly ReadSession[];
  /** Where the list goes on; null at its end. */
  readonly nextCursor: string | null;
};

/** What a server that runs elsewhere keeps, for whoever its token lets read. Errors are the server's refusals, and Unavailable. */
export class RemoteReading {
  readonly #server: ServerParts;

  constructor(server: ServerParts) {
    this.#server = server;
  }

  /** @param limit at most PAGE_ITEMS_MAX are answered. The page may have fewer, and yet not be the last. */
  async sessions(filter: SessionFilter, order: SessionOrder, limit: number, after: string | null): Promise<ReadPage> {
    const variables = {
      filter: graphqlFilter(filter),
      orderBy: order,
      first: Math.min(limit, PAGE_ITEMS_MAX),
      after,
    };
    const answer = await this.#ask<{ readonly sessions: GraphqlPage<GraphqlSession> }>('sessions', variables);
    const { nodes, pageInfo } = answer.sessions;
    return { sessions: nodes.map(readSessionOf), nextCursor: pageInfo.hasNextPage ? pageInfo.endCursor : null };
  }

  /** Null when there is none, or the token may not see it. */
  async session(sessionId: SessionId): Promise<ReadSession | null> {
    const { session } = await this.#ask<{ readonly session: GraphqlSession | null }>('session', { sessionId });
    return session === null ? null : readSessionOf(session);
  }

  /** With its session. Null when there is none, or the token may not see it. */
  async recording(
    recordingId: RecordingId,
  ): Promise<{ readonly session: ReadSession; readonly recording: ReadRecording } | null> {
    type Node = GraphqlRecording & { readonly session: GraphqlSession };
    const { node } = await this.#ask<{ readonly node: Node | null }>('recording', { id: globalId(recordingId) });
    if (node === null) return null;
    const { session, ...recording } = node;
    return { session: readSessionOf(session), recording: readRecordingOf(recording) };
  }

  async *recordings(sessionId: SessionId): AsyncGenerator<ReadRecording, void, void> {
    for await (const node of this.#listOf<GraphqlRecording>('recordings', sessionId)) yield readRecordingOf(node);
  }

  async *story(sessionId: SessionId): AsyncGenerator<ReadStoryEvent, void, void> {
    for await (const node of this.#listOf<GraphqlStoryEvent>('story', sessionId)) yield readStoryEventOf(node);
  }

  /** Its events from the first one; while it is LIVE also what comes, until the signal aborts. */
  async *runs(recordingId: RecordingId, signal: AbortSignal): AsyncGenerator<Run, void, void> {
    const id = globalId(recordingId);
    let after: string | null = null;
    let before: Run | null = null;
    while (!signal.aborted) {
      // NOTE the state is as old as the page's beginning: what is no more LIVE then has all its events in what follows.
      const asked: Promise<ChunksAnswer> = this.#ask('chunks', { id, after }, signal);
      const answer: ChunksAnswer | null = await asked.catch((error: unknown) => {
        if (signal.aborted) return null;
        throw error;
      });
      if (answer === null) return;
      if (answer.node === null) throw new NotFound('no such recording');
      const { nodes, pageInfo } = answer.node.chunks;
      for (const node of nodes) {
        before = runOf(node, before);
        yield before;
      }
      after = pageInfo.endCursor ?? after;
      if (pageInfo.hasNextPage) continue;
      if (answer.node.state !== 'LIVE') return;
      await sleep(FOLLOW_MS, undefined, { signal }).catch(() => {});
    }
  }

  /**
   * The recording's download with this extension, as it comes.
   * @throws what the server refuses with, before the first piece; Unavailable also when it breaks off
   */
  async *download(recordingId: RecordingId, extension: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { url, token } = this.#server;
    try {
      const response = await fetch(`${url}/recordings/${recordingId}.${extension}`, {
        headers: { 'x-access-token': token },
        redirect: 'error',
        signal,
      });
      if (!response.ok || response.body === null)
        throw refusalOfAnswer(url, response.status, await answerText(response));
      yield* response.body;
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new Unavailable(`the server at ${url}: ${whyUnreachable(cause)}`, RETRY_AFTER_SECONDS, { cause });
    }
  }

  async *#listOf<Node>(document: 'recordings' | 'story', sessionId: SessionId): AsyncGenerator<Node, void, void> {
    let after: string | null = null;
    do {
      const answer: { readonly session: { readonly list: GraphqlPage<Node> } | null } = await this.#ask(document, {
        sessionId,
        after,
      });
      if (answer.session === null) throw new NotFound('no such session');
      yield* answer.session.list.nodes;
      const { pageInfo } = answer.session.list;
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
  }

  async #ask<Data>(document: keyof typeof readingDocuments, variables: object, signal?: AbortSignal): Promise<Data> {
    const server = signal === undefined ? this.#server : { ...this.#server, signal };
    try {
      return (await queryServer(server, readingDocuments[document], variables)) as Data;
    } catch (error) {
      if (!(error instanceof Unavailable) || error.cause === undefined) throw error;
      const message = `${error.message}: ${whyUnreachable(error.cause)}`;
      throw new Unavailable(message, error.retryAfterSeconds, { cause: error.cause });
    }
  }
}

/** NOTE global ids are the server's: they are those of this program's version. */
const globalId = (recordingId: RecordingId): string => btoa(`Recording:${recordingId}`);

const runOf = ({ firstEvent, eventCount, startTime, endTime, msgpack }: GraphqlChunk, before: Run | null): Run => {
  const bytes = decodeBase64(msgpack);
  if (bytes === null) throw new Error('the server sent events that are no base64');
  const follows = before !== null && before.firstEvent + before.eventCount === firstEvent;
  return {
    firstEvent,
    eventCount,
    firstMs: Math.round(startTime * 1000),
    lastMs: Math.round(endTime * 1000),
    msgpack: bytes,
    carry: follows ? carryAfter(before) : new Uint8Array(0),
  };
};

/** Only what is asked for: a server that does not know a field refuses it by its name. */
const graphqlFilter = ({ startedFromMs, startedBeforeMs, minDurationMs, ...rest }: SessionFilter): object => {
  const given = {
    ...rest,
    startedFrom: startedFromMs === null ? null : new Date(startedFromMs).toISOString(),
    startedBefore: startedBeforeMs === null ? null : new Date(startedBeforeMs).toISOString(),
    minDuration: minDurationMs === null ? null : minDurationMs / 1000,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
};
