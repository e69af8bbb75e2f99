import type { Role } from '../../model/viewer.ts';

/** Roles that a group may give, the one that may most first. The others are for programs, which have tokens. */
export const rolesOfGroups = ['ADMIN', 'AUDITOR', 'VIEWER'] as const satisfies readonly Role[];

/** The role that may most of those that the groups give; null when none of them gives one. */
export const roleOfGroups = (groups: readonly string[], roleOfGroup: ReadonlyMap<string, Role>): Role | null => {
  const given = new Set(groups.map((group) => roleOfGroup.get(group)));
  return rolesOfGroups.find((role) => given.has(role)) ?? null;
};

/** The groups of a claim: a list of names, or one name. What is neither is no group. */
export const groupsOfClaim = (claim: unknown): readonly string[] => {
  if (typeof claim === 'string') return [claim];
  return Array.isArray(claim) ? claim.filter((group): group is string => typeof group === 'string') : [];
};
