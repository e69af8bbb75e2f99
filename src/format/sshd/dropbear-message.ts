import type { SshdMessage, SshdPeer } from './sshd-message.ts';

/** `192.0.2.1:22`, `[2001:db8::1]:22` or, in older versions, `2001:db8::1:22`. */
const peerOf = (text: string | undefined): SshdPeer | null => {
  const match = /^\[?(.+?)\]?:(\d+)$/.exec(text ?? '');
  return match === null ? null : { ip: match[1] ?? '', port: Number(match[2]) };
};

const accepted =
  /^(?<method>Password|PAM password|Pubkey) auth succeeded for '(?<user>.*)'(?: with (?<key>.*?))? from (?<peer>\S+)$/;
const failed = /^Bad (?:PAM )?password attempt for '(?<user>.*)' from (?<peer>\S+)$/;
const nonexistent = /^Login attempt for nonexistent user(?: '(?<user>.*)')? from (?<peer>\S+)$/;
const gaveUp = /^Exit before auth(?: from <(?<peer>[^>]+)>)?(?: \(user '(?<user>[^']*)'.*?\))?: (?<reason>.*)$/;
const left = /^Exit \(.*?\)(?: from <(?<peer>[^>]+)>)?: (?<reason>.*)$/;

/** What a line of Dropbear says; null when it is none that this program knows. */
export const readDropbearMessage = (message: string): SshdMessage | null => {
  const text = message.trimEnd();
  const groupsOf = (pattern: RegExp): Readonly<Record<string, string | undefined>> | null =>
    pattern.exec(text)?.groups ?? null;
  const success = groupsOf(accepted);
  const peer = peerOf(success?.['peer']);
  if (success !== null && peer !== null) {
    const method = success['method'] === 'Pubkey' ? 'publickey' : 'password';
    return { kind: 'accepted', user: success['user'] ?? '', peer, method, key: success['key'] ?? null };
  }
  return readFailure(groupsOf) ?? readEnd(groupsOf);
};

type GroupsOf = (pattern: RegExp) => Readonly<Record<string, string | undefined>> | null;

const readFailure = (groupsOf: GroupsOf): SshdMessage | null => {
  const attempt = groupsOf(failed) ?? groupsOf(nonexistent);
  const peer = peerOf(attempt?.['peer']);
  if (attempt === null || peer === null) return null;
  const reason = groupsOf(failed) === null ? 'invalid user' : 'failed password';
  return { kind: 'failed', user: attempt['user'] ?? null, peer, reason };
};

const readEnd = (groupsOf: GroupsOf): SshdMessage | null => {
  const end = groupsOf(gaveUp);
  if (end !== null) {
    const reason = end['reason'] ?? '';
    return { kind: 'sign', user: end['user'] ?? null, peer: peerOf(end['peer']), reason, weight: 1 };
  }
  const over = groupsOf(left);
  return over === null ? null : { kind: 'left', peer: peerOf(over['peer']), reason: over['reason'] ?? null };
};
