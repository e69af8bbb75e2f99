import { isJsonObject, type JsonObject, listAt, numberAt, objectAt, textAt, textsAt } from '../lines/json-fields.ts';
import { readInstant } from '../lines/log-time.ts';

/** One stage of a request to a Kubernetes API server, by audit.k8s.io/v1 (and v1beta1, v1alpha1). */
export type KubernetesAuditEvent = {
  /** The same for all stages of one request. */
  readonly auditId: string;
  /** RequestReceived, ResponseStarted, ResponseComplete or Panic. */
  readonly stage: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly impersonatedUser: string | null;
  readonly sourceIps: readonly string[];
  readonly userAgent: string | null;
  readonly verb: string;
  readonly requestUri: string;
  readonly object: {
    readonly apiGroup: string | null;
    readonly apiVersion: string | null;
    readonly resource: string | null;
    readonly subresource: string | null;
    readonly namespace: string | null;
    readonly name: string | null;
  };
  /** HTTP status; null before the answer. */
  readonly status: number | null;
  /** Why it failed, in a word such as Forbidden. */
  readonly reason: string | null;
  /** What the authorizer says of its decision. */
  readonly decisionReason: string | null;
  /** Milliseconds since the epoch: when the request came, and when this stage was. */
  readonly receivedAtMs: number;
  readonly stageAtMs: number;
};

/** The audit events of a JSON value: one, or those of an EventList (as webhooks send them). Null: it is neither. */
export const auditEventsOf = (value: unknown): readonly (KubernetesAuditEvent | AuditProblem)[] | null => {
  if (!isJsonObject(value)) return null;
  const kind = textAt(value, 'kind');
  if (kind === 'EventList') return listAt(value, 'items').map(auditEventOf);
  return kind === 'Event' || textAt(value, 'auditID') !== null ? [auditEventOf(value)] : null;
};

/** Why an event is of no use. */
export type AuditProblem = { readonly problem: string };

const auditEventOf = (value: unknown): KubernetesAuditEvent | AuditProblem => {
  if (!isJsonObject(value)) return { problem: 'not an audit event: no JSON object' };
  const auditId = textAt(value, 'auditID');
  if (auditId === null) return { problem: 'not an audit event: it has no auditID' };
  const stageAtMs = timeAt(value, 'stageTimestamp') ?? timeAt(value, 'timestamp');
  const receivedAtMs = timeAt(value, 'requestReceivedTimestamp') ?? stageAtMs;
  if (receivedAtMs === null) return { problem: 'the audit event has no time' };
  return {
    ...whoOf(value),
    ...answerOf(value),
    auditId,
    stage: textAt(value, 'stage') ?? 'ResponseComplete',
    verb: textAt(value, 'verb') ?? '',
    requestUri: textAt(value, 'requestURI') ?? '',
    object: objectOf(objectAt(value, 'objectRef')),
    receivedAtMs,
    stageAtMs: Math.max(stageAtMs ?? receivedAtMs, receivedAtMs),
  };
};

const whoOf = (
  value: JsonObject,
): Pick<KubernetesAuditEvent, 'user' | 'groups' | 'impersonatedUser' | 'sourceIps' | 'userAgent'> => {
  const user = objectAt(value, 'user');
  return {
    user: textAt(user, 'username') ?? 'unknown',
    groups: textsAt(user, 'groups'),
    impersonatedUser: textAt(objectAt(value, 'impersonatedUser'), 'username'),
    sourceIps: textsAt(value, 'sourceIPs'),
    userAgent: textAt(value, 'userAgent'),
  };
};

const objectOf = (reference: JsonObject): KubernetesAuditEvent['object'] => ({
  apiGroup: textAt(reference, 'apiGroup'),
  apiVersion: textAt(reference, 'apiVersion'),
  resource: textAt(reference, 'resource'),
  subresource: textAt(reference, 'subresource'),
  namespace: textAt(reference, 'namespace'),
  name: textAt(reference, 'name'),
});

const answerOf = (value: JsonObject): Pick<KubernetesAuditEvent, 'status' | 'reason' | 'decisionReason'> => {
  const status = objectAt(value, 'responseStatus');
  const code = numberAt(status, 'code');
  return {
    status: code !== null && Number.isInteger(code) && code >= 0 && code <= 999 ? code : null,
    reason: textAt(status, 'reason') ?? textAt(status, 'message'),
    decisionReason: textAt(objectAt(value, 'annotations'), 'authorization.k8s.io/reason'),
  };
};

const timeAt = (value: JsonObject, name: string): number | null => {
  const text = textAt(value, name);
  return text === null ? null : readInstant(text);
};
