import type { IncomingMessage, ServerResponse } from 'node:http';
import { NAME_LENGTH_MAX } from '../model/limits.ts';
import type { RequestOrigin } from './origin.ts';
import type { ApiParts, Log } from './parts.ts';

/** What becomes known of a request while it is answered, for its line of the log and its measure. */
export type RequestTrace = {
  /** The pattern that took the path, and never the path itself; `none` when nothing did. */
  route: string;
  /** The caller's name, once it is known who it is. */
  actor: string | null;
};

export const newTrace = (): RequestTrace => ({ route: 'none', actor: null });

/** Lines of refused requests a second that stand in the log as such: a flood of them fills no disk. */
const REFUSED_LINES_PER_SECOND_MAX = 20;
const SECOND_MS = 1_000;

/** How requests ended, a line each: of those that went well at level debug, of the others at info. */
export class RequestLog {
  readonly #log: Log;
  readonly #clock: () => number;
  #secondMs = 0;
  #linesInSecond = 0;
  #passedOver = 0;

  constructor(log: Log, clock: () => number) {
    this.#log = log;
    this.#clock = clock;
  }

  /** The next line that is told at info says how many were passed over before it: those stand at level debug. */
  tell(status: number, fields: Readonly<Record<string, unknown>>): void {
    if (status < 400 || !this.#mayTell()) return this.#log('debug', 'request', { ...fields, status });
    const passedOver = this.#passedOver === 0 ? {} : { passedOver: this.#passedOver };
    this.#passedOver = 0;
    this.#log('info', 'request', { ...fields, status, ...passedOver });
  }

  #mayTell(): boolean {
    const nowMs = this.#clock();
    if (nowMs - this.#secondMs >= SECOND_MS || nowMs < this.#secondMs) {
      this.#secondMs = nowMs;
      this.#linesInSecond = 0;
    }
    this.#linesInSecond += 1;
    if (this.#linesInSecond <= REFUSED_LINES_PER_SECOND_MAX) return true;
    this.#passedOver += 1;
    return false;
  }
}

const tokenPattern = /(rt_[0-9a-f]{12}_)[\w-]+/g;
const TOKEN_BEGIN = 'rt_';

/** A path as it may stand in the log: not for ever, and without a token that somebody put into it. */
const shownPath = (path: string): string => {
  const shown = path.slice(0, NAME_LENGTH_MAX);
  return shown.includes(TOKEN_BEGIN) ? shown.replaceAll(tokenPattern, '$1…') : shown;
};

/** Status of an answer that its client did not wait for: nothing of it was sent. */
const CLIENT_GONE = 499;

/** Tells and measures a request when its answer is over, whole or broken off. */
export const traceRequest = (
  parts: ApiParts,
  lines: RequestLog,
  about: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly origin: RequestOrigin;
    /** Without the query, which may hold what is secret. */
    readonly path: string;
    readonly trace: RequestTrace;
  },
): void => {
  const { request, response, origin, path, trace } = about;
  const { method } = request;
  const begunMs = performance.now();
  response.once('close', () => {
    const ms = performance.now() - begunMs;
    const status = response.headersSent ? response.statusCode : CLIENT_GONE;
    const { route, actor } = trace;
    parts.metrics.request({ method, route, status, seconds: ms / SECOND_MS });
    const brokenOff = response.writableFinished ? {} : { brokenOff: true };
    lines.tell(status, {
      method,
      path: shownPath(path),
      ms: Math.round(ms * 10) / 10,
      address: origin.ip,
      actor,
      ...brokenOff,
    });
  });
};
