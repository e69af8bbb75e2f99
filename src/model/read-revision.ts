import { InvalidInput } from './errors.ts';
import { type Revision, writeRevision } from './revision.ts';

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
