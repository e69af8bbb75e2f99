import { type AuditProblem, auditEventsOf, type KubernetesAuditEvent } from '../format/kubernetes-audit/audit-event.ts';
import { readJsonDocuments } from '../format/lines/json-documents.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { Activities, type Activity } from './activities.ts';
import type { ImportDefaults } from './import-defaults.ts';
import type { ImportFormat } from './import-format.ts';
import type { ImportedSession, ImportStep } from './import-step.ts';
import { importedSession } from './imported-session.ts';
import { methodOf, terminalOf } from './kubernetes-request.ts';

const decoder = new TextDecoder();

/** Kubernetes audit logs: a session for each user, address and agent, cut when idle; its requests are the recording. */
export const kubernetesAuditFormat: ImportFormat = {
  name: 'kubernetes-audit',
  title: 'Kubernetes audit log',
  recognises: ({ bytes }) => {
    const head = decoder.decode(bytes);
    if (!/^\ufeff?\s*[[{]/.test(head)) return false;
    return /"audit\.k8s\.io\//.test(head) || (/"auditID"/.test(head) && /"kind"\s*:\s*"Event(?:List)?"/.test(head));
  },
  async *read(source, { defaults, signal }) {
    const log = new AuditLog(defaults);
    for await (const documents of readJsonDocuments(source.open())) {
      signal.throwIfAborted();
      for (const document of documents) {
        const { line } = document;
        const events = document.problem === null ? auditEventsOf(document.value) : null;
        if (events === null) yield { kind: 'skip', line, reason: document.problem ?? 'not an audit event' };
        else for (const event of events) yield* log.take(line, event);
      }
    }
    yield* log.end();
  },
};

/** By auditID: requests that were told, and not their answers; the last stage of each. */
type Requests = Map<string, KubernetesAuditEvent>;

/** Requests of a session whose answers are awaited; the oldest is given up first. */
const PENDING_MAX = 1_000;
/** What those of all sessions take, about; beyond it a session gives up its own. */
const PENDING_BYTES_MAX = 32 * 1024 * 1024;
/** What one takes beside its long texts. */
const PENDING_OVERHEAD_BYTES = 2048;

class AuditLog {
  readonly #defaults: ImportDefaults;
  readonly #activities = new Activities<Requests>((activity) => this.#unanswered(activity));
  #pendingBytes = 0;

  constructor(defaults: ImportDefaults) {
    this.#defaults = defaults;
  }

  *take(line: number, event: KubernetesAuditEvent | AuditProblem): Generator<ImportStep, void, void> {
    if ('problem' in event) yield { kind: 'skip', line, reason: event.problem };
    else yield* this.#stage(event);
  }

  *end(): Generator<ImportStep, void, void> {
    yield* this.#activities.end();
  }

  *#stage(event: KubernetesAuditEvent): Generator<ImportStep, void, void> {
    const who = [event.user, event.impersonatedUser, event.sourceIps[0], event.userAgent, this.#defaults.socket];
    const { key, startedAtMs, state } = yield* this.#activities.at(JSON.stringify(who), event.stageAtMs, () => ({
      session: sessionOf(event, this.#defaults),
      mark: event.auditId,
      state: new Map(),
    }));
    const before = state.get(event.auditId);
    const events = before === undefined ? [requestOf(event, startedAtMs)] : [];
    if (isAnswer(event)) events.push(answerOf(event, startedAtMs));
    yield { kind: 'events', key, events };
    this.#keep(state, event);
    const terminal = before !== undefined && terminalOf(before) !== null ? null : terminalOf(event);
    if (terminal === null) return;
    const details = { auditID: event.auditId };
    yield { kind: 'tell', key, atMs: event.stageAtMs, event: 'NOTE', message: terminal, details };
  }

  /** Remembers a request until its answer is whole. */
  #keep(state: Requests, event: KubernetesAuditEvent): void {
    this.#forget(state, event.auditId);
    if (isAnswer(event)) return;
    state.set(event.auditId, event);
    this.#pendingBytes += bytesOf(event);
    for (const oldest of state.keys()) {
      if (state.size <= PENDING_MAX && this.#pendingBytes <= PENDING_BYTES_MAX) break;
      this.#forget(state, oldest);
    }
  }

  #forget(state: Requests, auditId: string): void {
    const event = state.get(auditId);
    if (event === undefined) return;
    state.delete(auditId);
    this.#pendingBytes -= bytesOf(event);
  }

  /** Answers that began, and of whose end the log says nothing: their status is known all the same. */
  *#unanswered({ key, startedAtMs, state }: Activity<Requests>): Generator<ImportStep, void, void> {
    const pending = [...state.values()];
    for (const { auditId } of pending) this.#forget(state, auditId);
    const events = pending
      .filter(({ stage }) => stage === 'ResponseStarted')
      .map((event) => answerOf(event, startedAtMs, null));
    if (events.length > 0) yield { kind: 'events', key, events };
  }
}

const isAnswer = ({ stage }: KubernetesAuditEvent): boolean => stage === 'ResponseComplete' || stage === 'Panic';

const bytesOf = ({ requestUri, userAgent, reason }: KubernetesAuditEvent): number =>
  PENDING_OVERHEAD_BYTES + requestUri.length + (userAgent?.length ?? 0) + (reason?.length ?? 0);

const sessionOf = (event: KubernetesAuditEvent, defaults: ImportDefaults): ImportedSession => {
  const isEmail = /^[^\s@:]+@[^\s@:]+\.[^\s@:]+$/.test(event.user);
  return importedSession(
    {
      protocol: 'KUBERNETES',
      upstream: 'kubernetes',
      user: {
        identity: event.user,
        email: isEmail ? event.user : null,
        isServiceAccount: /^system:(?:serviceaccount|node|kube-|apiserver)/.test(event.user),
      },
      socket: 'kubernetes',
      client: { ip: event.sourceIps[0] ?? null, port: null, software: event.userAgent },
      server: { name: null, port: null },
      sshUser: null,
      authInfo: event.groups.length === 0 ? null : `groups: ${event.groups.join(', ')}`,
      labels: {
        impersonatedUser: event.impersonatedUser,
        forwardedFor: event.sourceIps.length > 1 ? event.sourceIps : null,
      },
      startedAtMs: event.receivedAtMs,
      denyReason: null,
      recording: { kind: 'KUBERNETES', columns: null, rows: null },
    },
    defaults,
  );
};

const requestOf = (event: KubernetesAuditEvent, startedAtMs: number): RecordedEvent => ({
  timeMs: event.receivedAtMs - startedAtMs,
  code: 'k8s',
  payload: [
    event.auditId,
    {
      verb: event.verb,
      method: methodOf(event.verb),
      uri: event.requestUri,
      ...event.object,
      userAgent: event.userAgent,
    },
  ],
});

const answerOf = (
  event: KubernetesAuditEvent,
  startedAtMs: number,
  durationMs: number | null = event.stageAtMs - event.receivedAtMs,
): RecordedEvent => ({
  timeMs: event.stageAtMs - startedAtMs,
  code: 'k8sr',
  payload: [
    event.auditId,
    {
      status: event.status,
      reason: event.stage === 'Panic' ? (event.reason ?? 'the server panicked') : reasonOf(event),
      durationMs,
    },
  ],
});

/** Why a request failed; where it was forbidden, also by what rule. */
const reasonOf = ({ status, reason, decisionReason }: KubernetesAuditEvent): string | null =>
  status === 403 && decisionReason !== null
    ? [reason, decisionReason].filter((text) => text !== null).join(': ')
    : reason;
