export const roles = ['ADMIN', 'AUDITOR', 'VIEWER', 'PRODUCER', 'METRICS'] as const;
export type Role = (typeof roles)[number];

/** Who is asking: what every decision about access is made from. */
export type Viewer = {
  readonly name: string;
  readonly role: Role;
  /** The producer whose sessions a PRODUCER feeds; null for the other roles. */
  readonly producer: string | null;
  readonly expiresAtMs: number | null;
  /** What the access stands on, and ends with: `token <id>`, `sign-in <id>`, `jwt <subject>`, `proxy <user>`, `process`. Never a secret. */
  readonly credential: string;
  /**
   * What is counted and bounded together: a token and every sign-in with it, a person however they came. `token <id>`,
   * `person <name>`, `process`. Never shown.
   */
  readonly account: string;
};

/** A viewer, and how they came: what the audit log says of whoever did something. */
export type Caller = {
  readonly viewer: Viewer;
  /** The address that they came from, behind proxies that are trusted; null within this machine's own process. */
  readonly ip: string | null;
  /** What their program calls itself (User-Agent), cut to NAME_LENGTH_MAX; null when it says nothing. */
  readonly client: string | null;
  /** Names the request in answers, log lines and the audit log. */
  readonly requestId: string;
};
