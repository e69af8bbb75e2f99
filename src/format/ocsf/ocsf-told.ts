import type { PayloadOf, ShapedPayload } from '../../model/event-shapes.ts';
import type { Session } from '../../model/session.ts';
import { present } from '../present.ts';
import type { OcsfFacts } from './ocsf-base.ts';
import { classOf, type OcsfActivity, otherActivity } from './ocsf-class.ts';

/** What a payload says in the schema's own words. */
export type Told = Pick<OcsfFacts, 'activity' | 'message' | 'status'> & {
  readonly attributes: Readonly<Record<string, unknown>>;
};

/** Null where the schema has no words for it. */
export const toldOf = (payload: ShapedPayload, session: Session): Told | null => {
  switch (payload.code) {
    case 'cmd':
      return { activity: traffic(session, 'Command'), message: payload.command, status: ok, attributes: {} };
    case 'file':
      return {
        activity: traffic(session, 'File'),
        message: `${payload.operation} ${payload.path}`,
        ...outcome(payload.error),
      };
    case 'sql':
      return statement(payload, session);
    case 'sqlr':
      return statementResult(payload);
    case 'req':
      return request(payload);
    case 'res':
      return response(payload);
    case 'k8s':
      return apiCall(payload);
    case 'k8sr':
      return apiAnswer(payload);
    case 'gap':
      return {
        activity: otherActivity(classOf(session), 'Gap'),
        message: payload.cause ?? 'gap',
        status: 0,
        attributes: {},
      };
    case 'body':
    case 'dom':
      return null;
  }
};

const ok = 1;

const outcome = (error: string | null): Pick<Told, 'status' | 'attributes'> =>
  error === null ? { status: ok, attributes: {} } : { status: 2, attributes: { status_detail: error } };

const traffic = (session: Session, name: string): OcsfActivity => {
  const ofClass = classOf(session);
  return ofClass === 'ssh' || ofClass === 'network'
    ? { class: ofClass, id: 6, name: 'Traffic' }
    : otherActivity(ofClass, name);
};

const query: OcsfActivity = { class: 'datastore', id: 4, name: 'Query' };

const statement = ({ queryId, statement: text, database }: PayloadOf<'sql'>, { socket }: Session): Told => ({
  activity: query,
  message: 'statement',
  status: ok,
  attributes: {
    query_info: { query_string: text, uid: queryId },
    database: { name: database ?? socket.name, type_id: 0 },
  },
});

const statementResult = ({ rowCount, durationMs, errorCode, error }: PayloadOf<'sqlr'>): Told => ({
  activity: query,
  message: error ?? `${rowCount ?? 'unknown number of'} rows`,
  status: error === null && errorCode === null ? ok : 2,
  attributes: { status_detail: error, status_code: errorCode, duration: rounded(durationMs) },
});

/** Methods that the schema has a number and a word for. */
const methods = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'TRACE', 'PATCH'];

const methodActivity = (method: string): OcsfActivity => {
  const at = methods.indexOf(method);
  if (at === -1) return otherActivity('http', method);
  return { class: 'http', id: at + 1, name: `${method.slice(0, 1)}${method.slice(1).toLowerCase()}` };
};

const header = (headers: PayloadOf<'req'>['headers'], wanted: string): string | null =>
  headers?.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null;

const request = ({ requestId, method, url, httpVersion, headers, bodySize }: PayloadOf<'req'>): Told => ({
  activity: methodActivity(method),
  message: `${method} ${url}`,
  status: ok,
  attributes: {
    http_request: present({
      uid: requestId,
      http_method: methods.includes(method) ? method : null,
      url: { url_string: url },
      version: httpVersion,
      user_agent: header(headers, 'user-agent'),
      referrer: header(headers, 'referer'),
      body_length: bodySize,
    }),
  },
});

const response = ({ requestId, status, statusText, durationMs, bodySize, error }: PayloadOf<'res'>): Told => ({
  activity: otherActivity('http', 'Response'),
  message: error ?? `${status ?? ''} ${statusText ?? ''}`.trim(),
  status: error === null && (status === null || status < 400) ? ok : 2,
  attributes: {
    http_request: { uid: requestId },
    http_response:
      status === null
        ? null
        : present({ code: status, message: statusText, latency: rounded(durationMs), body_length: bodySize }),
    duration: rounded(durationMs),
    status_detail: error,
  },
});

const verbs: Readonly<Record<string, readonly [id: number, name: string]>> = {
  create: [1, 'Create'],
  get: [2, 'Read'],
  list: [2, 'Read'],
  watch: [2, 'Read'],
  update: [3, 'Update'],
  patch: [3, 'Update'],
  delete: [4, 'Delete'],
  deletecollection: [4, 'Delete'],
};

const apiActivity = (verb: string): OcsfActivity => {
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  return known === undefined ? otherActivity('api', verb) : { class: 'api', id: known[0], name: known[1] };
};

const service = { name: 'kubernetes' };

const apiCall = (call: PayloadOf<'k8s'>): Told => ({
  activity: apiActivity(call.verb),
  message: `${call.verb} ${call.uri}`,
  status: ok,
  attributes: {
    api: present({
      operation: call.verb,
      service,
      version: call.apiVersion,
      group: call.apiGroup === null ? null : { name: call.apiGroup },
      request: { uid: call.requestId },
    }),
    http_request: present({
      http_method: call.method !== null && methods.includes(call.method) ? call.method : null,
      url: { url_string: call.uri },
      user_agent: call.userAgent,
    }),
    resources: call.resource === null ? null : [resourceOf(call, call.resource)],
  },
});

const resourceOf = ({ name, namespace, subresource }: PayloadOf<'k8s'>, resource: string): object =>
  present({
    name: name ?? resource,
    namespace,
    type: subresource === null ? resource : `${resource}/${subresource}`,
  });

const apiAnswer = ({ requestId, status, reason, durationMs }: PayloadOf<'k8sr'>): Told => ({
  activity: otherActivity('api', 'Response'),
  message: `${status ?? ''} ${reason ?? ''}`.trim(),
  status: status === null || status < 400 ? ok : 2,
  attributes: {
    api: {
      operation: 'Response',
      service,
      request: { uid: requestId },
      response: present({ code: status, message: reason }),
    },
    duration: rounded(durationMs),
    status_detail: reason,
  },
});

const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
