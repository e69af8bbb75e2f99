import { InvalidInput } from './errors.ts';

/**
 * A position in the log of session changes. `log` names the log (a restored backup is another one), so positions of two
 * logs are never compared. Positions ascend in the order in which changes become visible.
 */
export type Revision = { readonly log: string; readonly position: number };

const revisionPattern = /^([0-9a-f]{1,32})\.([0-9a-z]{1,11})$/;

/** @throws InvalidInput naming `argument` when text is nothing that writeRevision wrote */
export const readRevision = (text: string, argument: string): Revision => {
  const match = revisionPattern.exec(text);
  const revision = { log: match?.[1] ?? '', position: Number.parseInt(match?.[2] ?? '', 36) };
  if (!Number.isSafeInteger(revision.position) || writeRevision(revision) !== text) {
    throw new InvalidInput(argument, `${argument} is not a revision that this server gave`);
  }
  return revision;
};

/** The opaque text that clients hold. */
export const writeRevision = (revision: Revision): string => `${revision.log}.${revision.position.toString(36)}`;
