import type { NewAuditEntry } from '../../../model/audit.ts';
import { NotFound } from '../../../model/errors.ts';
import { addAuditEntry, knownName } from './add-audit-entry.ts';
import type { WriteContext } from './write-context.ts';

/** Cuts a name, and the addresses and clients that it came with, loose from the log's pseudonyms. */
export const forgetPerson = (
  context: WriteContext,
  { name, audit }: { readonly name: string; readonly audit: NewAuditEntry },
): void => {
  const person = knownName(context, name);
  if (person === null) throw new NotFound('the audit log knows nobody of this name');
  context.run('DELETE FROM audit_pseudonyms WHERE person = ?', person);
  context.wipeAfterCommit();
  addAuditEntry(context, { ...audit, target: person });
};
