import type { RecordingKind } from '../../model/recording.ts';
import type { Run } from '../../model/run.ts';
import { linePieces } from '../line-pieces.ts';
import { ExchangeLines, type ExchangeForm } from './exchange-lines.ts';
import { isReading } from './statement-kind.ts';

/** Kinds of recordings that are requests and answers. */
export const exchangeKinds = ['DATABASE', 'HTTP', 'KUBERNETES'] as const satisfies readonly RecordingKind[];
export type ExchangeKind = (typeof exchangeKinds)[number];

/**
 * A recording as the session log's clients know it, one JSON object a line. Every line has `time` (RFC 3339 in UTC, with
 * milliseconds: when the request was sent), `status`, `duration` (milliseconds) and `result` (the error as text); what is not
 * known, or has not come, is null.
 * @param startedAtMs of the recording, milliseconds since the epoch
 */
export const writeSessionLog = (
  kind: ExchangeKind,
  startedAtMs: number,
  runs: AsyncIterable<Run> | Iterable<Run>,
): AsyncGenerator<string, void, void> => {
  switch (kind) {
    case 'DATABASE':
      return linePieces(runs, new ExchangeLines(databaseForm, startedAtMs));
    case 'HTTP':
      return linePieces(runs, new ExchangeLines(httpForm, startedAtMs));
    case 'KUBERNETES':
      return linePieces(runs, new ExchangeLines(kubernetesForm, startedAtMs));
  }
};

const databaseForm: ExchangeForm<'sql', 'sqlr'> = {
  codes: { request: 'sql', answer: 'sqlr', idName: 'queryId' },
  fieldsOf: ({ request, answer }) => {
    const isRead = request === null ? null : isReading(request.statement);
    const rowCount = answer?.rowCount ?? null;
    const isFailed = answer !== null && (answer.error !== null || answer.errorCode !== null);
    return {
      database: request?.database ?? null,
      command: request?.statement ?? null,
      status: answer === null ? null : isFailed ? 'error' : 'success',
      duration: answer?.durationMs ?? null,
      rows: isRead === true ? rowCount : null,
      affected_rows: isRead === false ? rowCount : null,
      result: answer?.error ?? answer?.errorCode ?? null,
    };
  },
};

const httpForm: ExchangeForm<'req', 'res'> = {
  codes: { request: 'req', answer: 'res', idName: 'requestId' },
  fieldsOf: ({ request, answer }) => ({
    method: request?.method ?? null,
    url: request?.url ?? null,
    http_version: request?.httpVersion ?? answer?.httpVersion ?? null,
    request_headers: request?.headers ?? null,
    request_size: request?.bodySize ?? null,
    status: answer?.status ?? null,
    status_text: answer?.statusText ?? null,
    response_headers: answer?.headers ?? null,
    response_size: answer?.bodySize ?? null,
    duration: answer?.durationMs ?? null,
    timings: answer?.timings ?? null,
    server_address: answer?.serverAddress ?? null,
    result: answer?.error ?? null,
  }),
};

const kubernetesForm: ExchangeForm<'k8s', 'k8sr'> = {
  codes: { request: 'k8s', answer: 'k8sr', idName: 'requestId' },
  fieldsOf: ({ request, answer }) => ({
    verb: request?.verb ?? null,
    method: request?.method ?? null,
    uri: request?.uri ?? null,
    api_group: request?.apiGroup ?? null,
    api_version: request?.apiVersion ?? null,
    resource: request?.resource ?? null,
    subresource: request?.subresource ?? null,
    namespace: request?.namespace ?? null,
    name: request?.name ?? null,
    user_agent: request?.userAgent ?? null,
    status: answer?.status ?? null,
    duration: answer?.durationMs ?? null,
    result: answer?.reason ?? null,
  }),
};
