import { createHash, randomBytes } from 'node:crypto';
import { tokenText } from '../model/token.ts';

const TOKEN_ID_BYTES = 6;
const SECRET_BYTES = 32;

/** The random parts of tokens and sign-ins, and the hash that is kept of them. */
export const secrets = {
  tokenId: (): string => randomBytes(TOKEN_ID_BYTES).toString('hex'),
  signInId: (): string => randomBytes(TOKEN_ID_BYTES).toString('hex'),
  secret: (): string => randomBytes(SECRET_BYTES).toString('base64url'),
  sha256: (text: string): Uint8Array => createHash('sha256').update(text, 'utf8').digest(),
} as const;

/** The text of a new token: `rt_<id>_<secret>`, the secret of 256 random bits. */
export const newToken = (): string => tokenText(secrets.tokenId(), secrets.secret());
