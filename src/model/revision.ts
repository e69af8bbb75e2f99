/**
 * A position in the log of session changes. `log` names the log (a restored backup is another one), so positions of two
 * logs are never compared. Positions ascend in the order in which changes become visible.
 */
export type Revision = { readonly log: string; readonly position: number };

/** The opaque text that clients hold. */
export const writeRevision = (revision: Revision): string => `${revision.log}.${revision.position.toString(36)}`;
