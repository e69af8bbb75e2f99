import type { OpenSession } from '../model/intake.ts';
import type { SessionProtocol } from '../model/session.ts';

/** Who, what, where and when, where the caller knows. Null: taken from the recording, or unknown. */
export type ImportDefaults = {
  readonly protocol: SessionProtocol | null;
  readonly upstream: string | null;
  readonly user: Partial<OpenSession['user']>;
  readonly socket: string | null;
  readonly client: Partial<OpenSession['client']>;
  readonly server: Partial<OpenSession['server']>;
  readonly sshUser: string | null;
  readonly authInfo: string | null;
  readonly startedAtMs: number | null;
};
