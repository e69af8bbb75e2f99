import { expect, test } from 'vitest';
import { addressGroup } from '../../../src/model/ip-address.ts';
import { nameOfClaims, printableName } from '../../../src/api/identity/person-name.ts';
import { returnPathOf } from '../../../src/api/sign-in/return-path.ts';
import { groupsOfClaim, roleOfGroups } from '../../../src/api/identity/role-of-groups.ts';
import { NAME_LENGTH_MAX } from '../../../src/model/limits.ts';
import type { Role } from '../../../src/model/viewer.ts';

test.each([
  [{ sub: '1', email: 'a@b.c', email_verified: true }, 'a@b.c'],
  [{ sub: '1', email: 'a@b.c', email_verified: 'true' }, 'a@b.c'],
  [{ sub: '1', email: 'a@b.c' }, '1'],
  [{ sub: '1', email: 'a@b.c', preferred_username: 'a@b.c' }, 'a@b.c (1)'],
  [{ sub: '1', email: 'a@b.c', email_verified: 1 }, '1'],
  [{ sub: '1', email: 'root', email_verified: true }, '1'],
  [{ sub: '1', email: ['a@b.c'], email_verified: true }, '1'],
  [{ sub: '1', email: 'a@b.c', email_verified: false }, '1'],
  [{ sub: '1', email: 'a@b.c', email_verified: 'false' }, '1'],
  [{ sub: '1', email: 'a\n@b', email_verified: true, preferred_username: 'root' }, 'root (1)'],
  [{ sub: ['1'], preferred_username: 'root' }, null],
  [{}, null],
])('the name of %j is %j', (claims, name) => {
  expect(nameOfClaims(claims)).toBe(name);
});

test('a name has a limit, and no character that hides or turns others', () => {
  expect(printableName('x'.repeat(NAME_LENGTH_MAX))).not.toBeNull();
  for (const name of [
    'x'.repeat(NAME_LENGTH_MAX + 1),
    'a\u{200b}b',
    'a\u{202e}b',
    'a\u{2028}b',
    'a\u{1b}[31m',
    ' ',
    7,
  ]) {
    expect(printableName(name)).toBeNull();
  }
});

test('whoever is in several groups has the role that may most; roles for programs come from no group', () => {
  const roles = new Map<string, Role>([
    ['a', 'VIEWER'],
    ['b', 'ADMIN'],
    ['c', 'AUDITOR'],
    ['d', 'PRODUCER'],
  ]);
  expect(roleOfGroups(['a', 'c', 'b', 'x'], roles)).toBe('ADMIN');
  expect(roleOfGroups(['d', 'constructor', ''], roles)).toBeNull();
  expect(roleOfGroups(groupsOfClaim({ length: 1, 0: 'b' }), roles)).toBeNull();
  expect(groupsOfClaim(['a', ['b'], null, 'c'])).toEqual(['a', 'c']);
});

test.each([
  ['/graphql?query={a}#b', '/graphql?query={a}'],
  ['/a/../b', '/b'],
  [null, '/sign-in'],
  ['', '/sign-in'],
  ['b', '/sign-in'],
  ['//evil', '/sign-in'],
  ['/\\evil', '/sign-in'],
  ['/\t/evil', '/sign-in'],
  ['/.//evil', '/sign-in'],
  ['/a/..//evil', '/sign-in'],
  ['https:/evil', '/sign-in'],
  ['javascript:alert(1)', '/sign-in'],
  [`/${'x'.repeat(2048)}`, '/sign-in'],
])('%j leads to %j', (text, path) => {
  expect(returnPathOf(text)).toBe(path);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1:2:3:4::', '1:2:3:4::/64'],
  ['', ''],
])('the address %s is counted as %s', (ip, group) => {
  expect(addressGroup(ip)).toBe(group);
});
