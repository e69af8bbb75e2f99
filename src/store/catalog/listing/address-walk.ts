import { sql, type SqlBool } from 'kysely';
import { build, type Statements } from '../statements.ts';
import { addressBlock, type AddressPart, addressParts, firstBlockOf } from './address-blocks.ts';
import { padded } from './padded.ts';
import type { PositionWalk } from './position-walk.ts';

/** What an index of addresses has entries of. */
type Indexed = { readonly index: string; readonly key: string };

const byAddress: Indexed = { index: 'sessions_by_address', key: 'client_ip_key' };
const byBlock: Indexed = { index: 'sessions_by_address_block', key: addressBlock };

/** Of each kind no more than so many are looked for, and no more are merged. */
type Found = { readonly addresses: readonly Buffer[]; readonly blocks: readonly Buffer[] };

/**
 * The ways in start order to the sessions from blocks of addresses: none, or the one that merges the blocks and addresses that
 * occur. It has what lies beside them in a block too, and covers nothing, where more than `stretchesMax` addresses of a part
 * of a block occur. None where single addresses alone are asked for, since sessions_by_address has them as they are; and
 * where more blocks occur, each of which takes some µs to find and as long to merge.
 */
export const addressWalks = (
  statements: Statements,
  clientIps: readonly string[] | null,
  stretchesMax: number,
): readonly PositionWalk[] => {
  if (clientIps === null) return [];
  const parts = addressParts(clientIps);
  if (parts.every(({ kind }) => kind === 'address')) return [];
  const exact = foundIn(statements, parts, stretchesMax);
  if (exact !== null) return [walkOf(exact, true)];
  if (!parts.some(({ kind }) => kind === 'addresses')) return [];
  const around = foundIn(statements, withoutSame(parts.map(wholeBlocks)), stretchesMax);
  return around === null ? [] : [walkOf(around, false)];
};

const wholeBlocks = (part: AddressPart): AddressPart => {
  if (part.kind === 'blocks') return part;
  const block = firstBlockOf(part);
  return { kind: 'block', from: block, to: block };
};

const withoutSame = (parts: readonly AddressPart[]): readonly AddressPart[] => [
  ...new Map(parts.map((part) => [part.from.toString('hex'), part])).values(),
];

/** Null: more than so many. */
const foundIn = (statements: Statements, parts: readonly AddressPart[], stretchesMax: number): Found | null => {
  const [addresses, blocks]: [Buffer[], Buffer[]] = [[], []];
  for (const part of parts) {
    const left = stretchesMax - addresses.length - blocks.length;
    if (left <= 0) return null;
    if (part.kind === 'address') addresses.push(part.from);
    else if (part.kind === 'block') blocks.push(part.from);
    else if (part.kind === 'blocks') blocks.push(...occurring(statements, byBlock, part, left + 1));
    else addresses.push(...occurring(statements, byAddress, part, left + 1));
  }
  return addresses.length + blocks.length > stretchesMax ? null : { addresses, blocks };
};

/** The keys from one to another that sessions have, the first `countMax`: each is sought above the one before. */
const occurring = (
  statements: Statements,
  { index, key }: Indexed,
  { from, to }: AddressPart,
  countMax: number,
): readonly Buffer[] => {
  const least = sql.raw(`SELECT min(${key}) FROM sessions INDEXED BY ${index} WHERE ${key}`);
  const query = sql<{ readonly key: Buffer }>`WITH RECURSIVE found (key) AS (
      ${least} >= ${from} AND ${sql.raw(key)} <= ${to}
      UNION ALL SELECT (${least} > found.key AND ${sql.raw(key)} <= ${to}) FROM found WHERE found.key IS NOT NULL
    ) SELECT key FROM found WHERE key IS NOT NULL LIMIT ${countMax}`;
  return statements.all({ compile: () => query.compile(build) }).map((row) => row.key);
};

const walkOf = ({ addresses, blocks }: Found, isExact: boolean): PositionWalk => {
  const branchesOf = ({ index, key }: Indexed, values: readonly (Buffer | null)[]): PositionWalk['branches'] =>
    values.map((value) => ({
      from: `sessions INDEXED BY ${index}`,
      where: [sql<SqlBool>`${sql.raw(key)} = ${value}`],
    }));
  // A walk has a branch also where no address of a block occurs.
  const isNowhere = addresses.length === 0 && blocks.length === 0;
  return {
    position: 'position',
    covers: isExact ? ['clientIps'] : [],
    branches: [
      ...branchesOf(byBlock, padded(blocks, null)),
      ...branchesOf(byAddress, isNowhere ? [null] : padded(addresses, null)),
    ],
  };
};
