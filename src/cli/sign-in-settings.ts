import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import type { OpenIdSettings, SignInSettings } from '../api/settings.ts';
import { rolesOfGroups } from '../api/identity/role-of-groups.ts';
import type { Role } from '../model/viewer.ts';
import { UsageError } from './exit-code.ts';

/** What the command line and the environment say of signing in. */
export type SignInOptions = {
  readonly oidcIssuer?: string;
  readonly oidcClientId?: string;
  readonly oidcClientSecretFile?: string;
  readonly oidcGroupsClaim: string;
  readonly oidcBearerAudience?: string;
  readonly roleOfGroup?: ReadonlyMap<string, Role>;
  readonly proxyUserHeader?: string;
  readonly proxyGroupsHeader?: string;
  /** Whose proxy headers count. */
  readonly trustedProxies?: readonly string[];
};

/** Secrets that only the environment may hold: a command line is seen by everybody on the machine. */
export const OIDC_CLIENT_SECRET = 'REELTIME_OIDC_CLIENT_SECRET';

/** `group=ROLE,group=ROLE`: the last `=` of each divides it, so that a group's name may have some. */
export const readRoleOfGroup = (text: string): ReadonlyMap<string, Role> => {
  const roles = new Map<string, Role>();
  for (const pair of text.split(',')) {
    const at = pair.lastIndexOf('=');
    const [group, name] = [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()];
    const role = rolesOfGroups.find((known) => known === name);
    if (group === '' || role === undefined) {
      throw new InvalidArgumentError(
        `must be GROUP=ROLE,GROUP=ROLE with the roles ${rolesOfGroups.join(', ')}, such as secops=ADMIN,auditors=AUDITOR`,
      );
    }
    if (roles.has(group)) throw new InvalidArgumentError(`names the group ${group} twice`);
    roles.set(group, role);
  }
  return roles;
};

/** Headers that have a meaning of their own cannot say who somebody is. */
const reservedHeaders: ReadonlySet<string> = new Set(['authorization', 'cookie', 'host', 'origin', 'x-access-token']);

const readHeaderName = (text: string): string => {
  const name = text.toLowerCase();
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name) || reservedHeaders.has(name)) {
    throw new InvalidArgumentError('must be the name of a header of its own, such as X-Forwarded-User');
  }
  return name;
};

const loopbackPattern = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

const readIssuer = (text: string): string => {
  const url = URL.parse(text);
  const isKept = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopbackPattern.test(url.hostname));
  if (url === null || !isKept || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new InvalidArgumentError(
      'must be an https URL without query or fragment, such as https://id.example.org; http only on this machine',
    );
  }
  return text;
};

/** Settings of how people and programs prove who they are, beside by a token. */
export const signInOptions = (): readonly Option[] => [
  new Option('--oidc-issuer <url>', 'an OpenID Connect provider that people sign in with')
    .env('REELTIME_OIDC_ISSUER')
    .argParser(readIssuer),
  new Option('--oidc-client-id <id>', 'the client that this server is there').env('REELTIME_OIDC_CLIENT_ID'),
  new Option(
    '--oidc-client-secret-file <file>',
    `a file that holds the client's secret; otherwise ${OIDC_CLIENT_SECRET}; a public client has none`,
  ).env('REELTIME_OIDC_CLIENT_SECRET_FILE'),
  new Option('--oidc-groups-claim <name>', 'the claim that holds the groups of whoever signs in')
    .env('REELTIME_OIDC_GROUPS_CLAIM')
    .default('groups'),
  new Option(
    '--oidc-bearer-audience <audience>',
    "take the provider's JWTs as bearer tokens when they are made for this audience",
  ).env('REELTIME_OIDC_BEARER_AUDIENCE'),
  new Option('--role-of-group <group=role,...>', 'the role that a group gives; nobody has one otherwise')
    .env('REELTIME_ROLE_OF_GROUP')
    .argParser(readRoleOfGroup),
  new Option('--proxy-user-header <name>', 'the header in which a trusted proxy says who asks')
    .env('REELTIME_PROXY_USER_HEADER')
    .argParser(readHeaderName),
  new Option('--proxy-groups-header <name>', 'the header in which it says their groups, divided by commas')
    .env('REELTIME_PROXY_GROUPS_HEADER')
    .argParser(readHeaderName),
];

const readSecretFile = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the OpenID client's secret cannot be read: ${reason}`);
  }
};

const readClientSecret = (file: string | undefined, given: string | undefined): string | null => {
  if (file !== undefined && given !== undefined) {
    throw new UsageError(`give either --oidc-client-secret-file or ${OIDC_CLIENT_SECRET}, and not both`);
  }
  const secret = file === undefined ? given : readSecretFile(file);
  if (secret === '') throw new UsageError("the OpenID client's secret is empty");
  return secret ?? null;
};

const readOpenId = (options: SignInOptions, environment: NodeJS.ProcessEnv): OpenIdSettings | null => {
  const { oidcIssuer, oidcClientId, oidcClientSecretFile, oidcGroupsClaim, oidcBearerAudience } = options;
  const givenSecret = environment[OIDC_CLIENT_SECRET];
  if (oidcIssuer === undefined) {
    const others = { oidcClientId, oidcClientSecretFile, oidcBearerAudience, givenSecret };
    if (Object.values(others).every((value) => value === undefined)) return null;
    throw new UsageError('an OpenID client needs its provider: --oidc-issuer');
  }
  if (oidcClientId === undefined) throw new UsageError('--oidc-issuer needs --oidc-client-id');
  return {
    issuer: oidcIssuer,
    clientId: oidcClientId,
    clientSecret: readClientSecret(oidcClientSecretFile, givenSecret),
    groupsClaim: oidcGroupsClaim,
    bearerAudience: oidcBearerAudience ?? null,
  };
};

const readProxyIdentity = (options: SignInOptions): SignInSettings['proxyIdentity'] => {
  const { proxyUserHeader, proxyGroupsHeader, trustedProxies = [] } = options;
  if (proxyUserHeader === undefined && proxyGroupsHeader === undefined) return null;
  if (proxyUserHeader === undefined || proxyGroupsHeader === undefined) {
    throw new UsageError('--proxy-user-header and --proxy-groups-header need one another');
  }
  if (proxyUserHeader === proxyGroupsHeader) {
    throw new UsageError('--proxy-user-header and --proxy-groups-header must be two headers');
  }
  if (trustedProxies.length === 0) {
    throw new UsageError('--proxy-user-header needs --trusted-proxies: anybody else could write the header');
  }
  return { userHeader: proxyUserHeader, groupsHeader: proxyGroupsHeader };
};

/** @throws UsageError when settings are missing that others need, or the secret's file cannot be read */
export const readSignInSettings = (options: SignInOptions, environment: NodeJS.ProcessEnv): SignInSettings => {
  const openId = readOpenId(options, environment);
  const proxyIdentity = readProxyIdentity(options);
  const roleOfGroup = options.roleOfGroup ?? new Map<string, Role>();
  if (roleOfGroup.size === 0 && (openId !== null || proxyIdentity !== null)) {
    throw new UsageError('nobody would have a role: say with --role-of-group which group gives which');
  }
  return { openId, proxyIdentity, roleOfGroup };
};
