import type { SignIn } from './sign-in.ts';

/** Viewer.account of this process. */
export const PROCESS_ACCOUNT = 'process';

/** Viewer.account of whoever holds a token. */
export const accountOfToken = (tokenId: string): string => `token ${tokenId}`;

/** Viewer.account of somebody whose name another server vouches for. */
export const accountOfPerson = (name: string): string => `person ${name}`;

/** Viewer.account of who signed in: of the token that they gave, or of the person. */
export const accountOfSignIn = ({ tokenId, name }: Pick<SignIn, 'tokenId' | 'name'>): string =>
  tokenId === null ? accountOfPerson(name) : accountOfToken(tokenId);
