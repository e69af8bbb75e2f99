import { type AuditActor, actorOf } from '../model/audit.ts';
import { Forbidden } from '../model/errors.ts';
import { SIGN_IN_MS } from '../model/limits.ts';
import type { SignIn } from '../model/sign-in.ts';
import type { Caller, Role } from '../model/viewer.ts';
import type { CatalogWriter } from '../store/catalog/catalog.ts';
import type { AuditTrail } from './audit-trail.ts';

/** Who signs in, once they have proved it. */
export type NewSignIn = {
  /** The token that was given; null for somebody who came through the identity provider. */
  readonly tokenId: string | null;
  readonly name: string;
  readonly role: Role;
  /** Null: never, or there is no token. */
  readonly tokenExpiresAtMs: number | null;
};

export type SignInsParts = {
  readonly writer: Pick<CatalogWriter, 'putSignIn' | 'endSignIn'>;
  readonly audit: Pick<AuditTrail, 'entry'>;
  readonly clock: () => number;
  readonly random: {
    readonly signInId: () => string;
    /** 256 random bits, in characters that a cookie may have. */
    readonly secret: () => string;
    readonly sha256: (text: string) => Uint8Array;
  };
};

/** A PRODUCER and a METRICS reader are programs, which send their token: a cookie would only make it easier to steal. */
const rolesOfPeople: ReadonlySet<Role> = new Set<Role>(['ADMIN', 'AUDITOR', 'VIEWER']);

/** People in browsers: who is signed in, until when. Each beginning and end stands in the audit log, in the same commit. */
export class SignIns {
  readonly #parts: SignInsParts;

  constructor(parts: SignInsParts) {
    this.#parts = parts;
  }

  /**
   * Lasts SIGN_IN_MS, and no longer than its token. The secret is for the cookie alone: only its SHA-256 is kept.
   * @throws Forbidden for a role that is not for people
   */
  async begin(actor: AuditActor, who: NewSignIn): Promise<{ readonly signIn: SignIn; readonly secret: string }> {
    const { writer, audit, clock, random } = this.#parts;
    const { tokenId, name, role, tokenExpiresAtMs } = who;
    if (!rolesOfPeople.has(role)) {
      throw new Forbidden(`the role ${role} is for programs, which send their token: people do not sign in with it`);
    }
    const nowMs = clock();
    const signIn: SignIn = {
      signInId: random.signInId(),
      tokenId,
      name,
      role,
      createdAtMs: nowMs,
      expiresAtMs: Math.min(nowMs + SIGN_IN_MS, tokenExpiresAtMs ?? Infinity),
    };
    const secret = random.secret();
    const details = { by: tokenId === null ? 'openid' : 'token', role };
    const entry = audit.entry(actor, 'sign-in', `sign-in ${signIn.signInId}`, details);
    await writer.putSignIn({ signIn, sha256: random.sha256(secret), audit: entry });
    return { signIn, secret };
  }

  /** Repeating is the same. */
  async end(caller: Caller, signInId: string): Promise<void> {
    const { writer, audit } = this.#parts;
    await writer.endSignIn({ signInId, audit: audit.entry(actorOf(caller), 'sign-out', `sign-in ${signInId}`) });
  }
}
