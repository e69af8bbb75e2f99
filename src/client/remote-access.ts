import { Conflict, Forbidden, InvalidInput, NotFound, Unavailable } from '../model/errors.ts';
import type { Role } from '../model/viewer.ts';

export type RemoteAccessParts = {
  /** Of the running server, without a slash at the end. */
  readonly url: string;
  /** The token of the server's process, which is in its data folder. */
  readonly token: string;
};

/** What the new token is for; see the server's CreateTokenInput. */
export type TokenWish = {
  readonly name: string;
  readonly role: Role;
  readonly producer: string | null;
  readonly expiresAtMs: number | null;
};

/** A mutation's answer: its payload, or one of the contract's refusals. */
type Result = {
  readonly __typename: string;
  readonly message?: string;
  readonly field?: string;
  readonly secret?: string;
};

const RETRY_AFTER_SECONDS = 5;

/** What of it goes over GraphQL. */
export const accessDocuments = {
  createToken: `mutation ($input: CreateTokenInput!) { result: createToken(input: $input) {
  __typename ... on CreateTokenPayload { secret } ... on ValidationError { field } ... on Error { message } } }`,
  revokeToken: `mutation ($input: RevokeTokenInput!) { result: revokeToken(input: $input) {
  __typename ... on Error { message } } }`,
};

/** Tokens, and the names of the audit log, of a server that runs on this machine. Each call is one request. */
export class RemoteAccess {
  readonly #parts: RemoteAccessParts;

  constructor(parts: RemoteAccessParts) {
    this.#parts = parts;
  }

  /** @returns the token's text. @throws InvalidInput, Conflict, Unavailable */
  async createToken({ name, role, producer, expiresAtMs }: TokenWish): Promise<string> {
    const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
    const { secret } = await this.#mutate(accessDocuments.createToken, { name, role, producer, expiresAt });
    if (secret === undefined) throw new Error('the server made a token, and did not show it');
    return secret;
  }

  /** @throws NotFound, Unavailable */
  async revokeToken(tokenId: string): Promise<void> {
    // Global ids are the server's: it has the same version as this program.
    await this.#mutate(accessDocuments.revokeToken, { id: btoa(`Token:${tokenId}`) });
  }

  /** @throws NotFound, InvalidInput, Unavailable */
  async forgetPerson(name: string): Promise<void> {
    const answer = await this.#post('/local/audit/forget', { name });
    const { error } = answer as { readonly error?: { readonly code: string; readonly message: string } };
    if (error !== undefined) throw error.code === 'NOT_FOUND' ? new NotFound(error.message) : new Error(error.message);
  }

  async #mutate(query: string, input: object): Promise<Result> {
    const answer = await this.#post('/graphql', { query, variables: { input } });
    const { data, errors } = answer as {
      readonly data?: { readonly result?: Result } | null;
      readonly errors?: readonly { readonly message: string }[];
    };
    const result = data?.result;
    if (result === undefined) throw new Error(errors?.[0]?.message ?? 'the server gave no answer');
    throwRefusal(result);
    return result;
  }

  async #post(path: string, body: object): Promise<unknown> {
    const { url, token } = this.#parts;
    try {
      const headers = { 'x-access-token': token, 'content-type': 'application/json' };
      const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return await response.json();
    } catch (cause) {
      throw new Unavailable(`the server at ${url} does not answer`, RETRY_AFTER_SECONDS, { cause });
    }
  }
}

const throwRefusal = ({ __typename, message = '', field = 'input' }: Result): void => {
  switch (__typename) {
    case 'ValidationError':
      throw new InvalidInput(field, message);
    case 'ConflictError':
      throw new Conflict(message);
    case 'NotFoundError':
      throw new NotFound(message);
    case 'ForbiddenError':
      throw new Forbidden(message);
    default:
  }
};
