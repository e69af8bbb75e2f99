import { problemOf } from '../format/events/event-payload.ts';
import type { TypedEvent } from '../format/run-events.ts';
import { jsonOf } from '../format/tuples.ts';
import type { ShapedPayload } from '../model/event-shapes.ts';
import { printable } from './printable.ts';

/** Characters of one line: what is longer is for an export. */
const LINE_LENGTH_MAX = 2000;

/** `1:02:03.250` from the recording's start. */
export const shownTime = (timeMs: number): string => {
  const two = (number: number): string => String(number).padStart(2, '0');
  const seconds = Math.floor(timeMs / 1000);
  const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${clock}.${String(Math.floor(timeMs % 1000)).padStart(3, '0')}`;
};

/** An event as one line for people: when, its code, and what happened. No character of it is obeyed by a terminal. */
export const eventLine = (typed: TypedEvent): string => {
  const { timeMs, code } = typed.event;
  const line = printable(`${shownTime(timeMs)}  ${code.padEnd(5)} ${whatOf(typed)}`);
  return line.length > LINE_LENGTH_MAX ? `${line.slice(0, LINE_LENGTH_MAX)}…` : line;
};

const whatOf = ({ event, text, payload }: TypedEvent): string => {
  if (payload !== null) return whatOfPayload(payload);
  if (text !== null) return text;
  const shown = event.payload.map((value) => (typeof value === 'string' ? value : JSON.stringify(jsonOf(value))));
  return `${shown.join(' ')}${problemOf(event.code, event.payload) === null ? '' : ' (malformed)'}`;
};

/** What is known of these, with spaces between them. */
const words = (...parts: readonly (string | number | null | false)[]): string =>
  parts.filter((part) => part !== null && part !== false && part !== '').join(' ');

const took = (durationMs: number | null): string | null =>
  durationMs === null ? null : `in ${Math.round(durationMs * 1000) / 1000} ms`;

const whatOfPayload = (payload: ShapedPayload): string => {
  switch (payload.code) {
    case 'cmd':
      return words(payload.command, payload.exitStatus !== null && `(exit ${payload.exitStatus})`);
    case 'file':
      return words(payload.operation, payload.path, payload.target !== null && `→ ${payload.target}`, payload.error);
    case 'req':
      return words(payload.requestId, payload.method, payload.url);
    case 'res':
      return words(payload.requestId, payload.status, payload.statusText, took(payload.durationMs), payload.error);
    case 'body':
      return words(payload.requestId, payload.side, `${payload.data.length} bytes`);
    case 'sql':
      return words(payload.queryId, payload.statement);
    case 'sqlr':
      return words(
        payload.queryId,
        payload.rowCount !== null && `${payload.rowCount} rows`,
        took(payload.durationMs),
        payload.errorCode,
        payload.error,
      );
    case 'k8s':
      return words(payload.requestId, payload.verb, payload.uri);
    case 'k8sr':
      return words(payload.requestId, payload.status, payload.reason, took(payload.durationMs));
    case 'dom':
      return `rrweb event ${String(payload.rrweb['type'] ?? '')}`;
    case 'gap':
      return words('lost:', payload.lostEvents !== null && `${payload.lostEvents} events`, payload.cause);
  }
};
