import { NAME_LENGTH_MAX } from '../../model/limits.ts';

/** Control, format (direction of writing!), unassigned characters, and line ends. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;

/** A name that can stand in a line of text as it is; null for any other. */
export const printableName = (value: unknown): string | null => {
  if (typeof value !== 'string') return null;
  const name = value.trim();
  return name === '' || name.length > NAME_LENGTH_MAX || unprintable.test(name) ? null : name;
};

/**
 * The name of a person by the claims of OpenID Connect Core 1.0, section 5.1: the email, when the provider says that it was
 * verified, for else it may be anybody's. A preferred_username is not unique by itself, and stands with the subject, which is. Null when none is
 * printable.
 */
export const nameOfClaims = (claims: Readonly<Record<string, unknown>>): string | null => {
  // Some providers write the truth value as text.
  const isVerified = claims['email_verified'] === true || claims['email_verified'] === 'true';
  const address = isVerified ? printableName(claims['email']) : null;
  const email = address?.includes('@') === true ? address : null;
  const subject = printableName(claims['sub']);
  const username = printableName(claims['preferred_username']);
  if (email !== null || subject === null) return email;
  return username === null ? subject : printableName(`${username} (${subject})`);
};
