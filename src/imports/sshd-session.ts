import type { SshdMessage } from '../format/sshd/sshd-message.ts';
import type { ImportDefaults } from './import-defaults.ts';
import type { ImportedSession } from './import-step.ts';
import { importedSession } from './imported-session.ts';
import type { Attempt } from './sshd-connection.ts';

/** What is known of the connection beside the line that it was accepted with. */
type Known = {
  readonly host: string;
  readonly port: number | null;
  readonly software: string | null;
  readonly atMs: number;
};

/** A certificate's name that is an email is the person's, whatever the account is called. */
const certificateEmail = /-CERT \S+ ID (?:"?)(\S+@\S+?\.\S+?)(?:"?) \(serial/;

export const acceptedSession = (
  { user, peer, method, key }: Extract<SshdMessage, { readonly kind: 'accepted' }>,
  { host, port, software, atMs }: Known,
  defaults: ImportDefaults,
): ImportedSession => {
  const email = certificateEmail.exec(key ?? '')?.[1] ?? null;
  return importedSession(
    {
      protocol: 'SSH',
      upstream: 'ssh',
      user: { identity: email ?? user, email },
      socket: host,
      client: { ...peer, software },
      server: { name: host, port },
      sshUser: user,
      authInfo: key === null ? method : `${method} ${key}`,
      labels: {},
      startedAtMs: atMs,
      denyReason: null,
      recording: null,
    },
    defaults,
  );
};

export const refusedSession = (
  { user, peer, reason, at, software }: Attempt,
  host: string,
  defaults: ImportDefaults,
): ImportedSession =>
  importedSession(
    {
      protocol: 'SSH',
      upstream: 'ssh',
      user: { identity: user },
      socket: host,
      client: { ...peer, software },
      server: { name: host, port: null },
      sshUser: user === '' ? null : user,
      authInfo: null,
      labels: {},
      startedAtMs: at.atMs,
      denyReason: reason,
      recording: null,
    },
    defaults,
  );
