import { knownName, readPort } from './log-entry.ts';
import { type AuditRecord, readAuditRecord } from './pgaudit.ts';

/** How a statement came to be logged. `plan` is auto_explain's, before the statement's end. */
export type StatementPhase = 'statement' | 'parse' | 'bind' | 'execute' | 'plan';

/** What a message of a backend is about. Durations are milliseconds. */
export type LogMessage =
  | { readonly kind: 'received'; readonly host: string | null; readonly port: number | null }
  | { readonly kind: 'authenticated'; readonly identity: string; readonly method: string }
  | {
      readonly kind: 'authorized';
      readonly user: string | null;
      readonly database: string | null;
      readonly application: string | null;
      /** `TLSv1.3, TLS_AES_256_GCM_SHA384`; null without encryption, or where it is not said. */
      readonly encryption: string | null;
    }
  | {
      readonly kind: 'disconnection';
      readonly sessionMs: number;
      readonly host: string | null;
      readonly port: number | null;
    }
  | {
      readonly kind: 'statement';
      readonly phase: StatementPhase;
      readonly statement: string;
      readonly durationMs: number | null;
    }
  /** Of the statement that was logged before. */
  | { readonly kind: 'duration'; readonly durationMs: number }
  | { readonly kind: 'audit'; readonly audit: AuditRecord }
  | { readonly kind: 'other' };

/** Reads a message of severity LOG, or of whichever one pgaudit is told to use. The server's language must be English. */
export const readLogMessage = (message: string): LogMessage => {
  switch (message[0]) {
    case 'd':
      return message.startsWith('duration: ') ? readDuration(message) : readDisconnection(message);
    case 's':
    case 'e':
    case 'f':
      return readStatement(message, null);
    case 'c':
    case 'r':
      return readConnection(message);
    case 'A': {
      const audit = readAuditRecord(message);
      return audit === null ? { kind: 'other' } : { kind: 'audit', audit };
    }
    default:
      return { kind: 'other' };
  }
};

const readDuration = (message: string): LogMessage => {
  const match = /^duration: (\d{1,12}(?:\.\d{1,6})?) ms\s*/.exec(message);
  if (match === null) return { kind: 'other' };
  const durationMs = Number(match[1]);
  const rest = message.slice(match[0].length);
  return rest === '' ? { kind: 'duration', durationMs } : readStatement(rest, durationMs);
};

/** Names of prepared statements and portals may be anything, but not long: NAMEDATALEN does not hold for them. */
const statementBegin = /^(?:(statement)|(parse|bind|execute)(?: fetch from)? .{0,512}?): /s;
const planBegin = /^plan:\s+Query Text: /;
const fastPath = /^fastpath function call: /;

const readStatement = (text: string, durationMs: number | null): LogMessage => {
  const match = statementBegin.exec(text);
  if (match !== null) {
    const phase = (match[1] ?? match[2] ?? 'statement') as StatementPhase;
    return { kind: 'statement', phase, statement: text.slice(match[0].length), durationMs };
  }
  if (/^statement:\s*$/.test(text)) return { kind: 'statement', phase: 'statement', statement: '', durationMs };
  const plan = planBegin.exec(text);
  if (plan !== null && durationMs !== null) {
    return { kind: 'statement', phase: 'plan', statement: queryText(text.slice(plan[0].length)), durationMs };
  }
  if (fastPath.test(text)) return { kind: 'statement', phase: 'statement', statement: text, durationMs };
  return { kind: 'other' };
};

/** What stands before the plan, whose first line has the costs. */
const queryText = (text: string): string => {
  const plan = /\n(?:Query Parameters: |[^\n]*\(cost=\d)/.exec(text);
  return plan === null ? text : text.slice(0, plan.index);
};

const readConnection = (message: string): LogMessage => {
  const received = /^connection received: host=(\S{1,255})(?: port=(\d{1,5}))?/.exec(message);
  if (received !== null) return { kind: 'received', host: knownName(received[1]), port: readPort(received[2] ?? null) };
  const authenticated =
    /^connection authenticated: (?:identity|user)="(.{0,2000}?)" (method=\S+ \([^)]{0,4000}\))/s.exec(message);
  if (authenticated !== null) {
    return {
      kind: 'authenticated',
      identity: authenticated[1] ?? '',
      method: authenticated[2]?.slice('method='.length) ?? '',
    };
  }
  const authorized =
    /^(?:replication )?connection authorized: (?:user=(.{0,64}?))?(?: database=(.{0,64}?))?(?: application_name=(.{0,64}?))?(?: SSL enabled \((.{0,512}?)\)?)?(?: GSS .{0,512})?$/s.exec(
      message,
    );
  if (authorized === null) return { kind: 'other' };
  const [, user, database, application, ssl] = authorized;
  return {
    kind: 'authorized',
    user: knownName(user),
    database: knownName(database),
    application: knownName(application),
    encryption: ssl === undefined ? null : encryptionOf(ssl),
  };
};

/** `protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256, compression=off` */
const encryptionOf = (ssl: string): string =>
  [/protocol=([\w.-]+)/.exec(ssl)?.[1] ?? 'SSL', /cipher=([\w-]+)/.exec(ssl)?.[1]].filter(Boolean).join(', ');

const readDisconnection = (message: string): LogMessage => {
  const match = /^disconnection: session time: (\d{1,6}):(\d\d):(\d\d(?:\.\d{1,3})?)/.exec(message);
  if (match === null) return { kind: 'other' };
  const [, hours, minutes, seconds] = match;
  const sessionMs = Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000);
  const client = / host=(\S{1,255})(?: port=(\d{1,5}))?$/.exec(message.slice(-320));
  return { kind: 'disconnection', sessionMs, host: knownName(client?.[1]), port: readPort(client?.[2] ?? null) };
};
