import type { PayloadOf, ShapedPayload } from '../../model/event-shapes.ts';
import { present } from '../present.ts';
import { type EcsFacts, nanoseconds } from './ecs-base.ts';

/** What a payload says in the schema's own words. */
export type EcsTold = Pick<EcsFacts, 'category' | 'type' | 'action' | 'outcome' | 'message' | 'event' | 'fields'>;

/** Null where the schema has no words for it. */
export const ecsToldOf = (payload: ShapedPayload): EcsTold | null => {
  switch (payload.code) {
    case 'cmd':
      return command(payload);
    case 'file':
      return file(payload);
    case 'sql':
      return {
        ...is('database', 'access', 'statement'),
        message: payload.statement,
        event: { original: payload.statement },
      };
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
      return { ...is('session', 'info', 'gap', 'unknown'), message: payload.cause ?? 'gap' };
    case 'body':
    case 'dom':
      return null;
  }
};

const is = (category: string, type: string, action: string, outcome: EcsFacts['outcome'] = 'success') => ({
  category: [category],
  type: [type],
  action,
  outcome,
});

const outcomeOf = (isBad: boolean): EcsFacts['outcome'] => (isBad ? 'failure' : 'success');

const command = ({ command: line, directory, exitStatus }: PayloadOf<'cmd'>): EcsTold => ({
  ...is('process', 'start', 'command', outcomeOf(exitStatus !== null && exitStatus !== 0)),
  message: line,
  fields: { process: present({ command_line: line, working_directory: directory, exit_code: exitStatus }) },
});

const fileTypes: Readonly<Record<string, string>> = {
  create: 'creation',
  mkdir: 'creation',
  write: 'change',
  upload: 'change',
  rename: 'change',
  setstat: 'change',
  remove: 'deletion',
  delete: 'deletion',
  rmdir: 'deletion',
};

const file = ({ operation, path, target, size, error }: PayloadOf<'file'>): EcsTold => ({
  ...is(
    'file',
    (Object.hasOwn(fileTypes, operation) ? fileTypes[operation] : null) ?? 'access',
    operation,
    outcomeOf(error !== null),
  ),
  message: `${operation} ${path}`,
  fields: {
    file: present({ path, target_path: target, size }),
    error: error === null ? null : { message: error },
  },
});

const statementResult = ({ rowCount, durationMs, errorCode, error }: PayloadOf<'sqlr'>): EcsTold => {
  const isBad = error !== null || errorCode !== null;
  return {
    ...is('database', isBad ? 'error' : 'info', 'result', outcomeOf(isBad)),
    message: error ?? `${rowCount ?? 'unknown number of'} rows`,
    event: { duration: nanoseconds(durationMs) },
    fields: { error: present({ code: errorCode, message: error }) },
  };
};

const header = (headers: PayloadOf<'req'>['headers'], wanted: string): string | null =>
  headers?.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null;

const request = ({ requestId, method, url, httpVersion, headers, bodySize }: PayloadOf<'req'>): EcsTold => {
  const agent = header(headers, 'user-agent');
  return {
    ...is('web', 'access', 'request'),
    message: `${method} ${url}`,
    fields: {
      http: present({
        version: httpVersion === null ? null : httpVersion.replace(/^HTTP\//i, ''),
        request: present({
          id: requestId,
          method,
          referrer: header(headers, 'referer'),
          body: bodySize === null ? null : { bytes: bodySize },
        }),
      }),
      url: urlOf(url),
      user_agent: agent === null ? null : { original: agent },
    },
  };
};

/** What is no absolute address stands as it was told. */
const urlOf = (text: string): object => {
  const url = URL.parse(text);
  if (url === null) return { original: text };
  return present({
    original: text,
    scheme: url.protocol.slice(0, -1),
    domain: url.hostname === '' ? null : url.hostname,
    port: url.port === '' ? null : Number(url.port),
    path: url.pathname,
    query: url.search === '' ? null : url.search.slice(1),
  });
};

const response = ({ requestId, status, durationMs, bodySize, error, statusText }: PayloadOf<'res'>): EcsTold => {
  const isBad = error !== null || (status !== null && status >= 400);
  return {
    ...is('web', isBad ? 'error' : 'access', 'response', outcomeOf(isBad)),
    message: error ?? `${status ?? ''} ${statusText ?? ''}`.trim(),
    event: { duration: nanoseconds(durationMs) },
    fields: {
      http: present({
        request: { id: requestId },
        response: present({ status_code: status, body: bodySize === null ? null : { bytes: bodySize } }),
      }),
      error: error === null ? null : { message: error },
    },
  };
};

const verbTypes: Readonly<Record<string, string>> = {
  create: 'creation',
  update: 'change',
  patch: 'change',
  delete: 'deletion',
  deletecollection: 'deletion',
};

const apiCall = (call: PayloadOf<'k8s'>): EcsTold => ({
  ...is('api', (Object.hasOwn(verbTypes, call.verb) ? verbTypes[call.verb] : null) ?? 'access', call.verb),
  message: `${call.verb} ${call.uri}`,
  fields: {
    orchestrator: present({
      type: 'kubernetes',
      api_version: call.apiVersion,
      namespace: call.namespace,
      resource: present({ type: call.resource, name: call.name }),
    }),
    http: { request: present({ id: call.requestId, method: call.method }) },
    url: { original: call.uri },
    user_agent: call.userAgent === null ? null : { original: call.userAgent },
  },
});

const apiAnswer = ({ requestId, status, reason, durationMs }: PayloadOf<'k8sr'>): EcsTold => ({
  ...is('api', 'info', 'response', outcomeOf(status !== null && status >= 400)),
  message: `${status ?? ''} ${reason ?? ''}`.trim(),
  event: { duration: nanoseconds(durationMs) },
  fields: { http: present({ request: { id: requestId }, response: present({ status_code: status }) }) },
});
