import { type SelectQueryBuilder, sql } from 'kysely';
import type { AuditFilter } from '../../model/audit.ts';
import type { AuditRow } from './audit-row.ts';
import { build } from './statements.ts';
import type { Tables } from './tables.ts';

type AuditQuery = SelectQueryBuilder<Tables, 'audit_entries', AuditRow>;

/** Entries with what their pseudonyms stand for. */
export const auditRows = (): AuditQuery =>
  build
    .selectFrom('audit_entries')
    .leftJoin('audit_pseudonyms as actors', 'actors.pseudonym', 'audit_entries.actor')
    .leftJoin('audit_pseudonyms as origins', 'origins.pseudonym', 'audit_entries.origin')
    .selectAll('audit_entries')
    .select(['actors.text as actor_text', 'origins.text as origin_text']) as unknown as AuditQuery;

/** The pseudonym that stands for this name now. */
export const pseudonymOfName = (name: string) =>
  build
    .selectFrom('audit_pseudonyms')
    .select('pseudonym')
    .where(sql<boolean>`kind = 'name'`)
    .where('text', '=', name.toWellFormed());

/**
 * Every field of the filter that is not null holds.
 * @param person pseudonym of its actor; null when it names none
 */
export const matchingAudit = (filter: Omit<AuditFilter, 'actor'>, person: string | null): AuditQuery => {
  let query = auditRows();
  if (person !== null) query = query.where('audit_entries.actor', '=', person);
  const [action, ...more] = filter.actions ?? [];
  if (filter.actions !== null) {
    query =
      action !== undefined && more.length === 0
        ? query.where('audit_entries.action', '=', action)
        : query.where('audit_entries.action', 'in', [...filter.actions]);
  }
  if (filter.target !== null) query = query.where('audit_entries.target', '=', filter.target.toWellFormed());
  if (filter.fromMs !== null) query = query.where('audit_entries.at_ms', '>=', filter.fromMs);
  if (filter.beforeMs !== null) query = query.where('audit_entries.at_ms', '<', filter.beforeMs);
  return query;
};
