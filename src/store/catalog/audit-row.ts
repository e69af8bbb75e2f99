import type { AuditAction, AuditEntry } from '../../model/audit.ts';
import { readOrigin } from './audit-chain.ts';
import type { AuditEntriesTable } from './tables.ts';

/** An entry with the texts of its pseudonyms; null where they were forgotten. */
export type AuditRow = AuditEntriesTable & {
  readonly actor_text: string | null;
  readonly origin_text: string | null;
};

export const auditEntryOf = (row: AuditRow): AuditEntry => ({
  entryId: row.entry_id,
  position: row.position,
  atMs: row.at_ms,
  actor: row.actor_text ?? row.actor,
  credential: row.credential,
  action: row.action as AuditAction,
  target: row.target,
  ...readOrigin(row.origin_text),
  requestId: row.request_id,
  details: row.details === null ? null : (JSON.parse(row.details) as Record<string, unknown>),
  hash: new Uint8Array(row.hash),
});
