import { isJsonObject, type JsonObject, textAt } from '../lines/json-fields.ts';
import { readInstant } from '../lines/log-time.ts';

/** An event of Teleport's audit log, as its `events.log` and its exporters have it: one JSON object a line. */
export type TeleportEvent = {
  /** Its kind, such as session.start. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Of the session that it is of; null for events of none. */
  readonly sid: string | null;
  readonly fields: JsonObject;
};

/** The event, or why it is none. */
export const readTeleportEvent = (value: unknown): TeleportEvent | string => {
  if (!isJsonObject(value)) return 'not an audit event: no JSON object';
  const name = textAt(value, 'event');
  if (name === null) return 'not an audit event: it names no event';
  const time = textAt(value, 'time');
  const atMs = time === null ? null : readInstant(time);
  return atMs === null ? 'the audit event has no time' : { name, atMs, sid: textAt(value, 'sid'), fields: value };
};

/** `192.0.2.1:22`, `[2001:db8::1]:22`, or an address alone. */
export const readTeleportAddress = (
  text: string | null,
): { readonly ip: string | null; readonly port: number | null } => {
  const match = /^\[?([0-9a-fA-F:.]+?)\]?(?::(\d{1,5}))?$/.exec(text ?? '');
  const isBareIpv6 = (text?.split(':').length ?? 0) > 2 && !text?.startsWith('[');
  if (match === null || isBareIpv6) return { ip: text, port: null };
  return { ip: match[1] ?? null, port: match[2] === undefined ? null : Number(match[2]) };
};
