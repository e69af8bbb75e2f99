import { randomUUID } from 'node:crypto';
import { processActor } from '../../../src/model/audit.ts';
import { tokenText } from '../../../src/model/token.ts';
import type { Role } from '../../../src/model/viewer.ts';
import { headersOf } from '../asking.ts';
import { hashOf, type Running } from '../running.ts';

/**
 * Everybody there is: nobody, whoever has no right to be here, and each role. `otherProducer` is a PRODUCER that fed none of
 * the test's sessions; `signedIn` an AUDITOR in a browser, by cookie.
 */
export const everybody = [
  'nobody',
  'stranger',
  'expired',
  'revoked',
  'METRICS',
  'PRODUCER',
  'otherProducer',
  'VIEWER',
  'AUDITOR',
  'signedIn',
  'ADMIN',
  'local',
] as const;
export type Who = (typeof everybody)[number];

/** What a row of the table allows. */
export const levels = {
  /** Whoever has a valid token. */
  known: ['METRICS', 'PRODUCER', 'otherProducer', 'VIEWER', 'AUDITOR', 'signedIn', 'ADMIN', 'local'],
  /** Sessions and what is about them; a PRODUCER its own. */
  metadata: ['PRODUCER', 'VIEWER', 'AUDITOR', 'signedIn', 'ADMIN', 'local'],
  /** Lists of them, which are empty for who may see none. */
  lists: ['PRODUCER', 'otherProducer', 'VIEWER', 'AUDITOR', 'signedIn', 'ADMIN', 'local'],
  /** What happened in them. */
  recording: ['AUDITOR', 'signedIn', 'ADMIN', 'local'],
  kill: ['AUDITOR', 'signedIn', 'ADMIN', 'local'],
  /** Sessions of their own: each feeds as another producer. */
  feed: ['PRODUCER', 'otherProducer', 'ADMIN', 'local'],
  /** Sessions of the producer `tests`: nobody else feeds them, whatever they may. */
  ownFeed: ['PRODUCER'],
  /** Whoever is known and may not kill: to them a refusal is shown. */
  refused: ['METRICS', 'PRODUCER', 'otherProducer', 'VIEWER'],
  metrics: ['METRICS', 'ADMIN', 'local'],
  admin: ['ADMIN', 'local'],
  local: ['local'],
} as const satisfies Record<string, readonly Who[]>;
export type Level = keyof typeof levels;

const strangers: ReadonlySet<Who> = new Set(['nobody', 'stranger', 'expired', 'revoked']);

export const isKnown = (who: Who): boolean => !strangers.has(who);
export const isAllowed = (who: Who, level: Level): boolean => (levels[level] as readonly Who[]).includes(who);

/** How each of them comes. */
export type Callers = {
  readonly headers: (who: Who) => Readonly<Record<string, string>>;
  readonly revokedTokenId: string;
  /** Null for who has none, or a cookie. */
  readonly token: (who: Who) => string | null;
};

const putToken = async ({ installation }: Running, name: string, role: Role, producer: string | null) => {
  const tokenId = randomUUID().replaceAll('-', '').slice(0, 12);
  const text = tokenText(tokenId, 'x'.repeat(43));
  await installation.writer.putToken({
    tokenId,
    name,
    role,
    producer,
    createdAtMs: Date.now(),
    expiresAtMs: null,
    sha256: hashOf(text),
    actor: processActor,
  });
  return { tokenId, text };
};

/** Makes those that the server has not yet. */
export const makeCallers = async (running: Running): Promise<Callers> => {
  const other = await putToken(running, 'other producer', 'PRODUCER', 'others');
  const revoked = await putToken(running, 'revoked', 'ADMIN', null);
  const actor = { name: 'a test', credential: 'process', ip: null, client: null, requestId: null };
  const audit = { atMs: Date.now(), actor, action: 'token.revoked', target: null, details: null } as const;
  await running.installation.writer.revokeToken({ tokenId: revoked.tokenId, atMs: Date.now(), audit });
  const signIn = await fetch(`${running.url}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: running.url },
    body: JSON.stringify({ token: running.tokens.AUDITOR }),
  });
  const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const token = (who: Who): string | null => {
    if (who === 'nobody' || who === 'signedIn') return null;
    if (who === 'stranger') return tokenText('0123456789ab', 'y'.repeat(43));
    if (who === 'revoked') return revoked.text;
    return who === 'otherProducer' ? other.text : running.tokens[who];
  };
  return {
    revokedTokenId: revoked.tokenId,
    token,
    headers: (who) => (who === 'signedIn' ? { cookie, origin: running.url } : headersOf(token(who))),
  };
};
