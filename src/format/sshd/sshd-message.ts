/** Where a connection comes from, as far as a line says. */
export type SshdPeer = { readonly ip: string; readonly port: number | null };

/** What a line of an SSH server says of a connection. */
export type SshdMessage =
  /** Somebody is in. `method` is password, publickey, …; `key` its type and fingerprint, and what a certificate says. */
  | {
      readonly kind: 'accepted';
      readonly user: string;
      readonly peer: SshdPeer;
      readonly method: string;
      readonly key: string | null;
    }
  /** One attempt failed. */
  | { readonly kind: 'failed'; readonly user: string | null; readonly peer: SshdPeer; readonly reason: string }
  /**
   * A sign that an attempt failed or was given up, which other lines may tell too. `weight` is how much it explains; the peer
   * may be unknown where the process is known.
   */
  | {
      readonly kind: 'sign';
      readonly user: string | null;
      readonly peer: SshdPeer | null;
      readonly reason: string;
      readonly weight: number;
    }
  /** A connection came, to this port. */
  | { readonly kind: 'connected'; readonly peer: SshdPeer; readonly port: number }
  | { readonly kind: 'software'; readonly software: string }
  /** Why an accepted connection is going to end. */
  | { readonly kind: 'leaving'; readonly peer: SshdPeer; readonly reason: string }
  /** It has ended; the peer is null where the process says it. */
  | { readonly kind: 'left'; readonly peer: SshdPeer | null; readonly reason: string | null }
  /** A line that is understood, and says nothing more. */
  | { readonly kind: 'nothing' };

type Rule = readonly [pattern: RegExp, read: (groups: Readonly<Record<string, string | undefined>>) => SshdMessage];

const peerOf = ({ ip, port }: Readonly<Record<string, string | undefined>>): SshdPeer => ({
  ip: ip ?? '',
  port: port === undefined ? null : Number(port),
});

/** How much a sign explains. */
const weights = { cause: 3, attempt: 2, end: 1 } as const;

type Groups = Parameters<Rule[1]>[0];

/** @param reason where it has a `%`, what the line says of the reason stands */
const sign =
  (reason: string, weight: number): Rule[1] =>
  (groups: Groups) => ({
    kind: 'sign',
    user: groups['user'] ?? null,
    peer: (groups['ip'] ?? '') === '' ? null : peerOf(groups),
    reason: reason.replace('%', () => groups['reason']?.trim() ?? ''),
    weight,
  });

const nothing = (): SshdMessage => ({ kind: 'nothing' });

// NOTE names are a stranger's: each pattern takes the last " from ", and is held at the line's end.
const rules: readonly Rule[] = [
  [
    /^Accepted (?<method>\S+) for (?<user>.*) from (?<ip>\S+) port (?<port>\d+)(?: ssh\d?)?(?:: (?<key>.*))?$/,
    (groups) => ({
      kind: 'accepted',
      user: groups['user'] ?? '',
      peer: peerOf(groups),
      method: groups['method'] ?? '',
      key: groups['key'] ?? null,
    }),
  ],
  [
    /^(?:error: )?Failed (?<method>\S+) for (?<invalid>invalid user |illegal user )?(?<user>.*) from (?<ip>\S+) port (?<port>\d+)(?: ssh\d?)?(?:: .*)?$/,
    (groups) => ({
      kind: 'failed',
      user: groups['user'] ?? null,
      peer: peerOf(groups),
      reason: `failed ${groups['method'] ?? ''}${groups['invalid'] === undefined ? '' : ', invalid user'}`,
    }),
  ],
  [
    /^(?:Invalid|Illegal) user (?<user>.*) from (?<ip>\S+?)(?: port (?<port>\d+))?$/,
    sign('invalid user', weights.attempt),
  ],
  [
    /^User (?<user>.*) from (?<ip>\S+) not allowed because (?<reason>.*)$/,
    (groups) =>
      ({
        ...sign('%', weights.cause)(groups),
        reason: `not allowed because ${groups['reason'] ?? ''}`,
      }) as SshdMessage,
  ],
  [
    /^(?:error: )?maximum authentication attempts exceeded for (?:invalid user )?(?<user>.*) from (?<ip>\S+) port (?<port>\d+)(?: ssh\d?)?(?: \[preauth\])?$/,
    sign('maximum authentication attempts exceeded', weights.cause),
  ],
  [
    /^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting) (?:authenticating|invalid|[^\s]+) user (?<user>.*) (?<ip>\S+) port (?<port>\d+)(?:: .*)? \[preauth\]$/,
    sign('gave up before authentication', weights.end),
  ],
  [
    /^(?:Connection (?:closed|reset) by|Disconnected from) (?<ip>\S+) port (?<port>\d+) \[preauth\]$/,
    sign('gave up before authentication', weights.end),
  ],
  [
    /^(?:fatal: )?Timeout before authentication for (?:connection from )?(?<ip>[^\s,]+)(?: port (?<port>\d+))?.*$/,
    sign('timeout before authentication', weights.cause),
  ],
  [
    /^(?:fatal: )?Unable to negotiate with (?<ip>\S+) port (?<port>\d+): (?<reason>no matching [\w ]+ found).*$/,
    sign('%', weights.cause),
  ],
  [
    /^banner exchange: Connection from (?<ip>\S+) port (?<port>\d+): (?<reason>.*)$/,
    (groups) =>
      ({ ...sign('%', weights.cause)(groups), reason: `banner exchange: ${groups['reason'] ?? ''}` }) as SshdMessage,
  ],
  [
    /^Bad protocol version identification '(?<reason>.*)' from (?<ip>\S+)(?: port (?<port>\d+))?$/s,
    sign('bad protocol version', weights.cause),
  ],
  [
    /^(?:ssh_dispatch_run_fatal|fatal: ssh_dispatch_run_fatal): Connection from (?<ip>\S+) port (?<port>\d+): (?<reason>.*?)(?: \[preauth\])?$/,
    sign('%', weights.cause),
  ],
  [
    /^Magic value check failed \(\d+\) on obfuscated handshake from (?<ip>\S+) port (?<port>\d+)$/,
    sign('obfuscated handshake failed', weights.cause),
  ],
  [/^refused connect from .*\((?<ip>[0-9a-fA-F:.]+)\)$/, sign('refused by host rules', weights.cause)],
  [
    /^(?:drop|dropping) connection #\d+ from \[?(?<ip>[^\s\]]+)\]?:(?<port>\d+) on .*$/,
    sign('too many connections before authentication', weights.cause),
  ],
  [
    /^Did not receive identification string from (?<ip>\S+)(?: port (?<port>\d+))?$/,
    sign('no identification', weights.end),
  ],
  [
    /^pam_\w+\(sshd:auth\): authentication failure;.* rhost=(?<ip>\S*)(?:\s+user=(?<user>.*))?$/,
    (groups) => {
      const peer = (groups['ip'] ?? '') === '' ? null : peerOf(groups);
      return {
        kind: 'sign',
        user: groups['user'] ?? null,
        peer,
        reason: 'authentication failure',
        weight: weights.attempt,
      };
    },
  ],
  [
    /^Connection from (?<ip>\S+) port (?<port>\d+)(?: on \S+ port (?<to>\d+).*)?$/,
    (groups) => ({ kind: 'connected', peer: peerOf(groups), port: Number(groups['to'] ?? 0) }),
  ],
  [
    /^(?:debug1: )?(?:Remote protocol version \S+, remote software version|Client protocol version \S+; client software version) (?<software>.*)$/,
    (groups) => ({ kind: 'software', software: groups['software'] ?? '' }),
  ],
  [
    /^Received disconnect from (?<ip>\S+) port (?<port>\d+):\d+: ?(?<reason>.*?)(?<pre> \[preauth\])?$/,
    (groups) =>
      groups['pre'] === undefined
        ? { kind: 'leaving', peer: peerOf(groups), reason: groups['reason'] ?? '' }
        : sign('gave up before authentication', weights.end)(groups),
  ],
  [
    /^(?:Disconnected from|Connection (?:closed|reset) by|Timeout, client not responding from) (?:user (?<user>.*) )?(?<ip>\S+) port (?<port>\d+)$/,
    (groups) => ({ kind: 'left', peer: peerOf(groups), reason: null }),
  ],
  [/^pam_\w+\(sshd:session\): session closed for user .*$/, () => ({ kind: 'left', peer: null, reason: null })],
  [
    /^(?:pam_|Server listening|Close session|Starting session|User child|error: kex_exchange_identification|Received signal|fatal: )/,
    nothing,
  ],
];

/** What the message says; null when it is none that this program knows. */
export const readSshdMessage = (message: string): SshdMessage | null => {
  const text = message.trimEnd();
  for (const [pattern, read] of rules) {
    const match = pattern.exec(text);
    if (match !== null) return read(match.groups ?? {});
  }
  return null;
};
