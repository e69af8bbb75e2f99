import { actorOf } from '../model/audit.ts';
import { InvalidInput } from '../model/errors.ts';
import { NAME_LENGTH_MAX, TOKEN_NAME_LENGTH_MAX } from '../model/limits.ts';
import { ADMIN_TOKEN_NAME, type Token, tokenText } from '../model/token.ts';
import type { Caller, Role } from '../model/viewer.ts';
import type { CatalogWriter } from '../store/catalog/catalog.ts';
import type { AuditTrail } from './audit-trail.ts';

export type TokensParts = {
  readonly writer: Pick<CatalogWriter, 'createToken' | 'revokeToken' | 'markTokenUsed'>;
  readonly audit: Pick<AuditTrail, 'entry' | 'checkAllowed'>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly random: TokenRandom;
};

/** What this room cannot make by itself. */
export type TokenRandom = {
  /** 12 lower-case hex digits. */
  readonly tokenId: () => string;
  /** 256 random bits as base64url. */
  readonly secret: () => string;
  readonly sha256: (text: string) => Uint8Array;
};

export type NewTokenInput = {
  readonly name: string;
  readonly role: Role;
  /** Whose sessions it opens: for the role PRODUCER alone. Null: the token's name. */
  readonly producer: string | null;
  /** Null: never. */
  readonly expiresAtMs: number | null;
};

const MINUTE_MS = 60_000;
/** The last millisecond that a date can have. */
const DATE_MAX_MS = 8.64e15;

/** Makes tokens, and ends them. */
export class Tokens {
  readonly #parts: TokensParts;
  /** Tokens whose use in this minute was told. */
  readonly #used = new Set<string>();
  #minuteMs = 0;

  constructor(parts: TokensParts) {
    this.#parts = parts;
  }

  /**
   * `text` is the only copy there ever is of the token's text.
   * @throws Forbidden, InvalidInput naming the field, Conflict when a token that is not revoked has the name
   */
  async create(
    caller: Caller,
    input: NewTokenInput,
  ): Promise<{ readonly token: Token; /** For its holder. */ readonly text: string }> {
    const { writer, audit, clock, random } = this.#parts;
    audit.checkAllowed(caller, 'manage-tokens');
    const nowMs = clock();
    check(input, nowMs);
    const { name, role, expiresAtMs } = input;
    const producer = role === 'PRODUCER' ? (input.producer ?? name) : null;
    const tokenId = random.tokenId();
    const text = tokenText(tokenId, random.secret());
    // NOTE not the name, which may be a person's: the log must be able to forget it.
    const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
    const token = await writer.createToken({
      tokenId,
      name,
      role,
      producer,
      createdAtMs: nowMs,
      expiresAtMs,
      sha256: random.sha256(text),
      audit: audit.entry(actorOf(caller), 'token.created', `token ${tokenId}`, { role, producer, expiresAt }),
    });
    return { token, text };
  }

  /** Ends it, and what stands on it. Repeating is the same, and the first time stands. @throws Forbidden, NotFound */
  async revoke(caller: Caller, tokenId: string): Promise<Token> {
    const { writer, audit, clock } = this.#parts;
    audit.checkAllowed(caller, 'manage-tokens');
    const entry = audit.entry(actorOf(caller), 'token.revoked', `token ${tokenId}`);
    return writer.revokeToken({ tokenId, atMs: clock(), audit: entry });
  }

  /** Remembers that it was used, to the minute: in the background, and no request fails of it. */
  noteUse({ tokenId, lastUsedAtMs }: Token): void {
    const { writer, clock } = this.#parts;
    const atMs = Math.floor(clock() / MINUTE_MS) * MINUTE_MS;
    if (atMs !== this.#minuteMs) this.#used.clear();
    this.#minuteMs = atMs;
    if ((lastUsedAtMs ?? 0) >= atMs || this.#used.has(tokenId)) return;
    this.#used.add(tokenId);
    // What could not be written is written with the next use.
    writer.markTokenUsed({ tokenId, atMs }).catch(() => this.#used.delete(tokenId));
  }
}

/** @throws InvalidInput naming the field */
const check = ({ name, role, producer, expiresAtMs }: NewTokenInput, nowMs: number): void => {
  checkName(name, 'name', TOKEN_NAME_LENGTH_MAX);
  if (name === ADMIN_TOKEN_NAME) {
    throw new InvalidInput('name', `${ADMIN_TOKEN_NAME} is the name of the token that the server itself provides`);
  }
  if (producer !== null && role !== 'PRODUCER') {
    throw new InvalidInput('producer', 'producer is for the role PRODUCER alone');
  }
  if (producer !== null) checkName(producer, 'producer', NAME_LENGTH_MAX);
  if (expiresAtMs !== null && !(expiresAtMs > nowMs && expiresAtMs <= DATE_MAX_MS)) {
    throw new InvalidInput('expiresAt', 'expiresAt must be in the future');
  }
};

// Letters, marks, numbers, punctuation, symbols and the plain space: nothing that moves a cursor or hides.
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u;

const checkName = (text: string, field: string, lengthMax: number): void => {
  if (text.length > lengthMax || text.trim() === '') {
    throw new InvalidInput(field, `${field} must have 1 to ${lengthMax} characters, got ${text.length}`);
  }
  if (!printable.test(text)) throw new InvalidInput(field, `${field} must have printable characters alone`);
};
