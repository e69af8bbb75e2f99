import { type JsonObject, listAt, numberAt, textAt, textsAt } from '../format/lines/json-fields.ts';
import type { TeleportEvent } from '../format/teleport/audit-event.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { sizeOf } from './teleport-session.ts';
import { methodOf } from './kubernetes-request.ts';

/** What is recorded of an event: codes and payloads. Empty for events of which nothing is. */
export const recordedOf = (event: TeleportEvent): readonly Omit<RecordedEvent, 'timeMs'>[] => {
  const { name, fields } = event;
  if (name === 'resize') return resizeOf(fields);
  if (name === 'session.command') return commandOf(fields);
  if (name === 'exec') return executedOf(fields);
  if (name === 'session.disk') return openedOf(fields);
  if (name === 'scp' || name === 'sftp') return transferOf(name, fields);
  if (name === 'kube.request') return kubernetesOf(fields, idOf(event));
  if (name === 'app.session.request') return requestOf(fields, idOf(event));
  return name.startsWith('db.session.') ? queryOf(fields, idOf(event)) : [];
};

const idOf = ({ fields, atMs }: TeleportEvent): string =>
  textAt(fields, 'uid') ?? `${atMs}-${numberAt(fields, 'ei') ?? 0}`;

const statusOf = (number: number | null): number | null =>
  number !== null && Number.isInteger(number) && Math.abs(number) < 2 ** 31 ? number : null;

const resizeOf = (fields: JsonObject): ReturnType<typeof recordedOf> => {
  const size = sizeOf(textAt(fields, 'size'));
  return size === null ? [] : [{ code: 'r', payload: [...size] }];
};

/** A program that ran within the session: by enhanced recording. */
const commandOf = (fields: JsonObject): ReturnType<typeof recordedOf> => {
  const path = textAt(fields, 'path') ?? textAt(fields, 'program') ?? '';
  const command = [path, ...textsAt(fields, 'argv')].join(' ');
  return [
    { code: 'cmd', payload: [command, { directory: null, exitStatus: statusOf(numberAt(fields, 'return_code')) }] },
  ];
};

const executedOf = (fields: JsonObject): ReturnType<typeof recordedOf> => {
  const exitStatus = statusOf(numberAt(fields, 'exitCode'));
  return [{ code: 'cmd', payload: [textAt(fields, 'command') ?? '', { directory: null, exitStatus }] }];
};

const openedOf = (fields: JsonObject): ReturnType<typeof recordedOf> => {
  const result = numberAt(fields, 'return_code') ?? 0;
  const error = result < 0 ? `error ${-result}` : null;
  return [{ code: 'file', payload: ['open', textAt(fields, 'path') ?? '', { target: null, size: null, error }] }];
};

const transferOf = (name: string, fields: JsonObject): ReturnType<typeof recordedOf> => {
  const action = textAt(fields, 'action') ?? numberAt(fields, 'action')?.toString() ?? name;
  const error = textAt(fields, 'error') ?? textAt(fields, 'exitError');
  const target = textAt(fields, 'target_path');
  return [{ code: 'file', payload: [action, textAt(fields, 'path') ?? '', { target, size: null, error }] }];
};

const kubernetesOf = (fields: JsonObject, id: string): ReturnType<typeof recordedOf> => {
  const verb = textAt(fields, 'verb') ?? '';
  const request = {
    verb: verb.toLowerCase(),
    method: methodOf(verb),
    uri: textAt(fields, 'request_path') ?? '',
    apiGroup: textAt(fields, 'resource_api_group'),
    apiVersion: null,
    resource: textAt(fields, 'resource_kind'),
    subresource: null,
    namespace: textAt(fields, 'resource_namespace'),
    name: textAt(fields, 'resource_name'),
    userAgent: textAt(fields, 'user_agent'),
  };
  const answer = { status: statusOf(numberAt(fields, 'response_code')), reason: null, durationMs: null };
  return [
    { code: 'k8s', payload: [id, request] },
    { code: 'k8sr', payload: [id, answer] },
  ];
};

const requestOf = (fields: JsonObject, id: string): ReturnType<typeof recordedOf> => {
  const query = textAt(fields, 'raw_query');
  const url = `${textAt(fields, 'path') ?? ''}${query === null ? '' : `?${query}`}`;
  const request = { method: textAt(fields, 'method') ?? '', url, httpVersion: null, headers: [], bodySize: null };
  return [
    { code: 'req', payload: [id, request] },
    { code: 'res', payload: [id, { status: statusOf(numberAt(fields, 'status_code')) }] },
  ];
};

/** A query, and why it failed; that it did not is not told with what came of it. */
const queryOf = (fields: JsonObject, id: string): ReturnType<typeof recordedOf> => {
  const statement = textAt(fields, 'db_query') ?? textAt(fields, 'query');
  if (statement === null) return [];
  const given = [...listAt(fields, 'db_query_parameters'), ...listAt(fields, 'parameters')];
  const parameters = given.length === 0 ? null : given;
  const error = textAt(fields, 'error');
  const query = { code: 'sql', payload: [id, statement, { parameters, database: textAt(fields, 'db_name') }] };
  if (error === null) return [query];
  return [query, { code: 'sqlr', payload: [id, { rowCount: null, durationMs: null, errorCode: null, error }] }];
};
