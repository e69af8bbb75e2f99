import type { AuditActor, AuditEntry, AuditFilter, AuditVerdict, NewAuditEntry } from '../../model/audit.ts';
import type { Page, PageRequest } from '../../model/page.ts';
import type { SignIn } from '../../model/sign-in.ts';
import type { Token } from '../../model/token.ts';

/** The part of the catalog that is about who may, and who did: tokens, sign-ins, the audit log. For whoever may see all. */
export interface AccessReader {
  /** Also one that was revoked or is over; null for an unknown id. */
  token(tokenId: string): Promise<KeptToken | null>;
  /** Newest first, those that were revoked with them; keys are [position]. */
  tokens(page: PageRequest): Promise<Page<Token>>;
  /** Who signed in with the cookie whose secret has this SHA-256; null when nobody did, they signed out, or its token was revoked. */
  signIn(sha256: Uint8Array): Promise<SignIn | null>;
  /** Of these credentials (Viewer.credential) the ones that still stand: looks at tokens and sign-ins; all others stand. */
  standing(credentials: readonly string[], nowMs: number): Promise<ReadonlySet<string>>;

  /** Newest first; keys are [position]. An actor that is unknown, or was forgotten, matches nothing. */
  auditEntries(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;
  auditEntry(entryId: string): Promise<AuditEntry | null>;
  /**
   * Reads the whole chain, a piece at a time, and recomputes it. `known`: an earlier head that must still be in it.
   * @param onProgress called with the number of entries read and the number there are
   */
  verifyAudit(
    known: { readonly position: number; readonly hash: Uint8Array } | null,
    onProgress: (readCount: number, entryCount: number) => void,
    signal: AbortSignal,
  ): Promise<AuditVerdict>;
}

/** Each write that people should hear of takes its audit entry along: both are kept, or neither. */
export interface AccessWriter {
  /** @throws Conflict (a token that works has the name, or any token the id) */
  createToken(input: CreateTokenWrite): Promise<Token>;
  /** Repeating is the same, and the first time stands. Sign-ins with it end. @throws NotFound */
  revokeToken(input: {
    readonly tokenId: string;
    readonly atMs: number;
    readonly audit: NewAuditEntry;
  }): Promise<Token>;
  /**
   * Puts the admin's token in the place of the one with the same name, whose sign-ins end, and tells of both. One that is
   * there already keeps its times, and stays revoked.
   * @throws Conflict when a token of another name or role has the id or the secret
   */
  putToken(input: PutTokenWrite): Promise<Token>;
  /** An unknown id is passed over. */
  markTokenUsed(input: { readonly tokenId: string; readonly atMs: number }): Promise<void>;
  /** Of more than SIGN_INS_MAX of one account the oldest ends, which is announced and told. @throws Conflict (its token was revoked meanwhile) */
  putSignIn(input: {
    readonly signIn: SignIn;
    /** Of the cookie's secret. */
    readonly sha256: Uint8Array;
    readonly audit: NewAuditEntry;
  }): Promise<void>;
  /** Repeating is the same; one that is over is passed over. */
  endSignIn(input: { readonly signInId: string; readonly audit: NewAuditEntry }): Promise<void>;

  addAuditEntry(input: NewAuditEntry): Promise<AuditEntry>;
  /** Cuts a name, and the addresses and clients that it came with, loose from the log's pseudonyms. @throws NotFound */
  forgetPerson(input: { readonly name: string; readonly audit: NewAuditEntry }): Promise<void>;
  /** Keeps the settings that a server runs with, and tells in the audit log which of them differ from those kept before. */
  keepSettings(input: {
    readonly settings: Readonly<Record<string, string | null>>;
    readonly atMs: number;
    readonly actor: AuditActor;
  }): Promise<void>;
}

/** A token, and what its text is known by. */
export type KeptToken = { readonly token: Token; /** Of the whole text. */ readonly sha256: Uint8Array };

export type NewToken = Omit<Token, 'lastUsedAtMs' | 'revokedAtMs' | 'position'> & { readonly sha256: Uint8Array };

/** `createdAtMs`: of the token, and of what is told, as done by `actor`. */
export type PutTokenWrite = NewToken & { readonly actor: AuditActor };

export type CreateTokenWrite = NewToken & { readonly audit: NewAuditEntry };
