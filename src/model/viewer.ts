export const roles = ['ADMIN', 'AUDITOR', 'VIEWER', 'PRODUCER'] as const;
export type Role = (typeof roles)[number];

/** Who is asking: what every decision about access is made from. */
export type Viewer = {
  readonly name: string;
  readonly role: Role;
  /** The producer whose sessions a PRODUCER feeds; null for the other roles. */
  readonly producer: string | null;
  readonly expiresAtMs: number | null;
};
