import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { processActor } from '../model/audit.ts';
import { Conflict } from '../model/errors.ts';
import { ADMIN_TOKEN_NAME, CHOSEN_TOKEN_ID, type Token, tokenIdOf } from '../model/token.ts';
import type { CatalogWriter } from '../store/catalog/catalog.ts';
import type { DataFolder } from './data-folder.ts';
import { UsageError } from './exit-code.ts';
import { newToken, secrets } from './secrets.ts';

/** Where the admin's token comes from, for people to read. */
export type AdminToken = {
  readonly isNew: boolean;
  /** Whether it is so short that it may be guessed. */
  readonly isShort: boolean;
  /** What to do when it was revoked, which a new start does not take back; null when it works. */
  readonly revoked: string | null;
  /** How a shell gets it. */
  readonly shell: string;
};

export type AdminTokenSettings = { readonly token: string | null; readonly file: string | null };

/** A shorter token, which people chose, may be guessed. */
const TOKEN_LENGTH_GOOD = 24;

/**
 * Makes sure that there is an admin's token: the one of the settings, else the one in the data folder, which is made on first
 * start. The catalog only ever has its SHA-256. A token that is new, and the one whose place it takes, stand in the audit log.
 * @throws UsageError when a given token is empty, has white space or is another one that the catalog knows, or its file cannot
 * be read
 */
export const provideAdminToken = async (
  folder: DataFolder,
  settings: AdminTokenSettings,
  writer: CatalogWriter,
): Promise<AdminToken> => {
  const given = givenToken(settings);
  const isNew = given === null && !existsSync(folder.adminToken);
  if (isNew) writeFileSync(folder.adminToken, `${newToken()}\n`, { mode: 0o600, flag: 'wx', flush: true });
  const token = given ?? readToken(folder.adminToken);
  const { revokedAtMs } = await putToken(token, writer);
  return {
    isNew,
    isShort: token.length < TOKEN_LENGTH_GOOD,
    revoked: revokedAtMs === null ? null : adviceOn(given === null ? folder.adminToken : null),
    shell: shellOf(folder, settings),
  };
};

const putToken = async (text: string, writer: CatalogWriter): Promise<Token> => {
  try {
    return await writer.putToken({
      tokenId: tokenIdOf(text) ?? CHOSEN_TOKEN_ID,
      name: ADMIN_TOKEN_NAME,
      role: 'ADMIN',
      producer: null,
      createdAtMs: Date.now(),
      expiresAtMs: null,
      sha256: secrets.sha256(text),
      actor: processActor,
    });
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new UsageError('the admin token must not be one that was made for somebody else: give another one');
  }
};

const adviceOn = (file: string | null): string =>
  file === null ? 'give another one' : `delete ${file} and start again: a new one is made`;

const givenToken = ({ token, file }: AdminTokenSettings): string | null =>
  token !== null ? checkToken(token, 'REELTIME_ADMIN_TOKEN') : file !== null ? readToken(file) : null;

const readToken = (file: string): string => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`the admin token cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return checkToken(text.trim(), file);
};

const checkToken = (token: string, where: string): string => {
  if (token === '' || /\s/.test(token)) {
    throw new UsageError(`the admin token in ${where} must not be empty, and must have no white space`);
  }
  return token;
};

const shellOf = (folder: DataFolder, { token, file }: AdminTokenSettings): string =>
  token !== null ? '$REELTIME_ADMIN_TOKEN' : `$(cat ${quoted(file ?? folder.adminToken)})`;

/** A word of a POSIX shell, within double quotes or without. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
