import { Command, Option } from 'commander';
import { NotFound } from '../model/errors.ts';
import { PAGE_ITEMS_MAX } from '../model/limits.ts';
import { firstPage, type PageRequest } from '../model/page.ts';
import { type Token, tokenIdOf } from '../model/token.ts';
import { type Role, roles } from '../model/viewer.ts';
import type { CatalogReader } from '../store/catalog/catalog.ts';
import { openAccessDoor } from './access-door.ts';
import { openReadingRoom } from './compose.ts';
import { dataFolderAt } from './data-folder.ts';
import { readMoment, shownMoment } from './moment.ts';
import { printable } from './printable.ts';
import { dataOption } from './settings.ts';

/** `reeltime token`: who may use the server, by tokens. Beside a running server, or straight in the data folder. */
export const tokenCommand = (): Command =>
  new Command('token')
    .description('make, list and revoke tokens')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());

type CreateOptions = {
  readonly data: string;
  readonly role: Role;
  readonly producer?: string;
  readonly expires?: number;
  readonly json?: boolean;
};

const createCommand = (): Command =>
  new Command('create')
    .description('make a token, and print it on standard output: it is shown this once')
    .argument('<name>', 'who or what will hold it')
    .addOption(new Option('--role <role>', 'what its holder may do').choices(roles).makeOptionMandatory())
    .option('--producer <name>', "for PRODUCER: whose sessions it opens and feeds; the token's name when absent")
    .addOption(
      new Option(
        '--expires <when>',
        'when it stops working, such as 90d or 2027-01-31T00:00:00Z; never when absent',
      ).argParser(readMoment(1)),
    )
    .option('--json', 'print a line of JSON')
    .addOption(dataOption())
    .action(async (name: string, options: CreateOptions) => {
      await using door = await openAccessDoor(dataFolderAt(options.data));
      const { role, producer = null, expires = null } = options;
      const text = await door.createToken({ name, role, producer, expiresAtMs: expires });
      const tokenId = tokenIdOf(text);
      process.stdout.write(
        options.json === true ? `${JSON.stringify({ tokenId, name, role, token: text })}\n` : `${text}\n`,
      );
      const end = expires === null ? 'until it is revoked' : `until ${shownMoment(expires)} UTC`;
      process.stderr.write(`${role} token ${tokenId}, ${end}: keep it now, it is not shown again\n`);
    });

const listCommand = (): Command =>
  new Command('list')
    .description('list all tokens, newest first')
    .option('--json', 'print a line of JSON for each')
    .addOption(dataOption())
    .action(async (options: { readonly data: string; readonly json?: boolean }) => {
      await using room = openReadingRoom(dataFolderAt(options.data));
      const write = options.json === true ? tokenJson : tokenLine;
      for await (const token of allTokens(room.catalog)) process.stdout.write(`${write(token)}\n`);
    });

const revokeCommand = (): Command =>
  new Command('revoke')
    .description('end a token for good, and what stands on it')
    .argument('<token>', 'its id, or its name')
    .addOption(dataOption())
    .action(async (word: string, options: { readonly data: string }) => {
      const folder = dataFolderAt(options.data);
      const token = await findToken(folder, word);
      await using door = await openAccessDoor(folder);
      await door.revokeToken(token.tokenId);
      process.stderr.write(`${token.tokenId} ${printable(token.name)} is revoked\n`);
    });

/** By its id, or by its name among those that work. @throws NotFound */
const findToken = async (folder: Parameters<typeof openReadingRoom>[0], word: string): Promise<Token> => {
  await using room = openReadingRoom(folder);
  const byId = await room.catalog.token(word);
  if (byId !== null) return byId.token;
  for await (const token of allTokens(room.catalog)) {
    if (token.name === word && token.revokedAtMs === null) return token;
  }
  throw new NotFound('there is no token with this id, and none that works with this name');
};

async function* allTokens(catalog: CatalogReader): AsyncGenerator<Token> {
  let request: PageRequest = firstPage(PAGE_ITEMS_MAX);
  for (;;) {
    const page = await catalog.tokens(request);
    yield* page.items;
    const last = page.items.at(-1);
    if (last === undefined || !page.hasNextPage) return;
    request = { ...request, after: { order: 'token', key: [last.position] } };
  }
}

const tokenJson = ({ tokenId, name, role, producer, ...times }: Token): string => {
  const time = (timeMs: number | null): string | null => (timeMs === null ? null : new Date(timeMs).toISOString());
  return JSON.stringify({
    tokenId,
    name,
    role,
    producer,
    createdAt: time(times.createdAtMs),
    expiresAt: time(times.expiresAtMs),
    lastUsedAt: time(times.lastUsedAtMs),
    revokedAt: time(times.revokedAtMs),
  });
};

const tokenLine = (token: Token): string =>
  [
    token.tokenId,
    token.role.padEnd(8),
    printable(token.name).padEnd(24),
    `made ${shownMoment(token.createdAtMs)}`,
    token.lastUsedAtMs === null ? 'never used' : `used ${shownMoment(token.lastUsedAtMs)}`,
    stateOf(token),
    ...(token.producer === null ? [] : [`feeds ${printable(token.producer)}`]),
  ].join('  ');

const stateOf = ({ revokedAtMs, expiresAtMs }: Token): string => {
  if (revokedAtMs !== null) return `revoked ${shownMoment(revokedAtMs)}`;
  if (expiresAtMs === null) return 'works';
  return `${expiresAtMs <= Date.now() ? 'over since' : 'works until'} ${shownMoment(expiresAtMs)}`;
};
