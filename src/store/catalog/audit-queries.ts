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

/** Every field of the filter that is not null holds. */
export const matchingAudit = (filter: AuditFilter): AuditQuery => {
  let query = auditRows();
  if (filter.actor !== null) {
    const person = build
      .selectFrom('audit_pseudonyms')
      .select('pseudonym')
      .where(sql<boolean>`kind = 'name'`)
      .where('text', '=', filter.actor.toWellFormed());
    query = query.where('audit_entries.actor', '=', person);
  }
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
