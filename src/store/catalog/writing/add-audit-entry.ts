import type { AuditEntry, NewAuditEntry } from '../../../model/audit.ts';
import { chainBegin, hashEntry, originText, pseudonymOf } from '../audit-chain.ts';
import { auditEntryOf } from '../audit-row.ts';
import type { AuditEntriesTable, AuditPseudonymsTable } from '../tables.ts';
import { auditDetails } from './audit-details.ts';
import type { WriteContext } from './write-context.ts';

/** Adds an entry to the end of the chain. */
export const addAuditEntry = (context: WriteContext, input: NewAuditEntry): AuditEntry => {
  const actorText = input.actor.name.toWellFormed();
  const actor = pseudonymFor(context, 'name', null, actorText);
  const origin = originText(input.actor.ip, input.actor.client);
  const last = context.get<Pick<AuditEntriesTable, 'position' | 'hash'>>(
    'SELECT position, hash FROM audit_entries ORDER BY position DESC LIMIT 1',
  );
  const chain = context.log();
  // NOTE what is hashed must be what is read back: SQLite keeps no half of a surrogate pair.
  const entry = {
    position: (last?.position ?? 0) + 1,
    entry_id: context.newId(),
    chain,
    at_ms: input.atMs,
    actor,
    origin: origin === null ? null : pseudonymFor(context, 'origin', actor, origin),
    credential: impersonal(input.actor.credential),
    action: input.action,
    target: input.target?.toWellFormed() ?? null,
    request_id: input.actor.requestId?.toWellFormed() ?? null,
    details: auditDetails(input.details),
  };
  const hash = hashEntry(last?.hash ?? chainBegin(chain), entry);
  const row: AuditEntriesTable = { ...entry, hash };
  const columns = Object.keys(row);
  const places = columns.map(() => '?').join(', ');
  context.run(`INSERT INTO audit_entries (${columns.join(', ')}) VALUES (${places})`, ...Object.values(row));
  return auditEntryOf({ ...row, actor_text: actorText, origin_text: origin });
};

/** Only ids of tokens and sign-ins say nothing of a person: of other credentials the kind alone is kept. */
const impersonal = (credential: string): string =>
  /^(?:token|sign-in) \S+$/.test(credential) ? credential.toWellFormed() : (credential.split(' ', 1)[0] ?? '');

/** The pseudonym that stands for this text now; a new one when there is none. @param person null for a name itself */
const pseudonymFor = (
  context: WriteContext,
  kind: AuditPseudonymsTable['kind'],
  person: string | null,
  text: string,
): string => {
  const known = person === null ? knownName(context, text) : knownOrigin(context, person, text);
  if (known !== null) return known;
  const salt = context.salt();
  const pseudonym = pseudonymOf({ salt, text });
  context.run(
    'INSERT INTO audit_pseudonyms (pseudonym, kind, salt, person, text) VALUES (?, ?, ?, ?, ?)',
    pseudonym,
    kind,
    salt,
    person ?? pseudonym,
    text,
  );
  return pseudonym;
};

/** The pseudonym of a name that was not forgotten; null when it has none. */
export const knownName = (context: WriteContext, name: string): string | null =>
  context.get<{ pseudonym: string }>(
    `SELECT pseudonym FROM audit_pseudonyms WHERE kind = 'name' AND text = ?`,
    name.toWellFormed(),
  )?.pseudonym ?? null;

const knownOrigin = (context: WriteContext, person: string, text: string): string | null =>
  context.get<{ pseudonym: string }>(
    `SELECT pseudonym FROM audit_pseudonyms WHERE person = ? AND kind = 'origin' AND text = ?`,
    person,
    text,
  )?.pseudonym ?? null;
