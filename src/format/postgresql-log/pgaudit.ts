import { readCsvFields } from './csv-fields.ts';
import { readCount } from './log-entry.ts';

/** What the audit extension pgaudit says of a statement (pgaudit README, "Format"). */
export type AuditRecord = {
  readonly type: 'SESSION' | 'OBJECT';
  /** Number of the statement within its session. */
  readonly statementId: number;
  /** 1 for what the client sent; more for statements within it, such as those of a function. */
  readonly substatementId: number;
  /** READ, WRITE, FUNCTION, ROLE, DDL, MISC, MISC_SET. */
  readonly class: string;
  /** SELECT, ALTER TABLE … */
  readonly command: string;
  readonly objectType: string | null;
  /** With its schema. */
  readonly objectName: string | null;
  /** Null when it was logged before. */
  readonly statement: string | null;
  /** As one text; null when they are not logged, or there are none. */
  readonly parameters: string | null;
  /** Rows that the statement returned or changed, where `pgaudit.log_rows` is on. */
  readonly rowCount: number | null;
};

/** @returns null for a message that is no audit record, or is broken */
export const readAuditRecord = (message: string): AuditRecord | null => {
  const match = /^AUDIT: (SESSION|OBJECT),(?=\d)/.exec(message);
  if (match === null) return null;
  const fields = readCsvFields(message.slice(match[0].length));
  const statementId = readCount(fields?.[0]);
  const substatementId = readCount(fields?.[1]);
  if (fields === null || fields.length < 7 || statementId === null || substatementId === null) return null;
  const statement = fields[6] ?? '';
  return {
    type: match[1] === 'OBJECT' ? 'OBJECT' : 'SESSION',
    statementId,
    substatementId,
    class: fields[2] ?? '',
    command: fields[3] ?? '',
    objectType: fields[4] === '' ? null : (fields[4] ?? null),
    objectName: fields[5] === '' ? null : (fields[5] ?? null),
    statement: statement === '<previously logged>' || statement === '<not logged>' ? null : statement,
    parameters: parametersOf(fields[7] ?? ''),
    rowCount: readCount(fields[8]),
  };
};

const parametersOf = (text: string): string | null =>
  /^(?:|<(?:not|previously) logged>|<none>)$/.test(text) ? null : text;
