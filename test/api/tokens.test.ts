import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, askData } from './asking.ts';
import { type Running, startTestServer } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

type Kept = {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly producer: string | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
};
type Result = {
  readonly __typename: string;
  readonly token: Kept;
  readonly secret: string;
  readonly field: string;
  readonly message: string;
  readonly requiredRole: string;
};

const fields = 'id name role producer expiresAt lastUsedAt revokedAt';
const refused = '... on Error { message } ... on ForbiddenError { requiredRole }';

/** The data of a mutation, whoever asks. */
const mutate = async (
  mutation: string,
  variables: Readonly<Record<string, unknown>>,
  token: string,
): Promise<Result> => {
  const { data, errors } = await ask<{ result: Result }>(running, mutation, variables, token);
  if (data == null) throw new Error(`the mutation failed: ${JSON.stringify(errors)}`);
  return data.result;
};

const create = async (input: object, token: string = running.tokens.ADMIN): Promise<Result> => {
  const mutation = `mutation ($input: CreateTokenInput!) { result: createToken(input: $input) { __typename
    ... on CreateTokenPayload { secret token { ${fields} } } ... on ValidationError { field } ${refused} } }`;
  return mutate(mutation, { input }, token);
};

const revoke = async (id: string, token: string = running.tokens.ADMIN): Promise<Result> => {
  const mutation = `mutation ($id: ID!) { result: revokeToken(input: { id: $id }) { __typename
    ... on RevokeTokenPayload { token { ${fields} } } ${refused} } }`;
  return mutate(mutation, { id }, token);
};

const statusWith = async (secret: string): Promise<number> =>
  (await fetch(`${running.url}/api/v1/sessions`, { headers: { 'x-access-token': secret } })).status;

test('a token is made, works with what it may, is listed with when it was used, is revoked, and works no more', async () => {
  const made = await create({ name: 'a laptop', role: 'VIEWER', expiresAt: '2099-01-01T00:00:00Z' });
  expect(made).toMatchObject({
    __typename: 'CreateTokenPayload',
    secret: expect.stringMatching(/^rt_/) as string,
    token: { name: 'a laptop', role: 'VIEWER', producer: null, lastUsedAt: null, revokedAt: null },
  });
  expect(await statusWith(made.secret)).toBe(200);
  const list = `{ tokens(first: 1) { nodes { ${fields} } } }`;
  const listed = async (): Promise<Kept | undefined> =>
    (await askData<{ tokens: { nodes: readonly Kept[] } }>(running, list)).tokens.nodes[0];
  await expect.poll(async () => (await listed())?.lastUsedAt).toMatch(/:00\.000Z$/);
  expect(await listed()).toMatchObject({ id: made.token.id, expiresAt: '2099-01-01T00:00:00.000Z' });
  const revoked = await revoke(made.token.id);
  expect(revoked).toMatchObject({ __typename: 'RevokeTokenPayload', token: { id: made.token.id } });
  expect(revoked.token.revokedAt).not.toBeNull();
  expect((await revoke(made.token.id)).token.revokedAt).toBe(revoked.token.revokedAt);
  expect(await statusWith(made.secret)).toBe(401);
  const told =
    '{ auditLog(filter: { target: "token TOKEN" }) { nodes { action actor credential ip client requestId hash position } } }';
  const tokenId = made.secret.slice(3, 15);
  const { auditLog } = await askData<{ auditLog: { nodes: readonly object[] } }>(
    running,
    told.replace('TOKEN', tokenId),
  );
  const how = {
    actor: 'ADMIN',
    credential: expect.stringMatching(/^token [0-9a-f]{12}$/) as string,
    ip: '127.0.0.1',
    requestId: expect.any(String) as string,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    position: expect.any(Number) as number,
  };
  expect(auditLog.nodes).toMatchObject([
    { action: 'token.revoked', ...how },
    { action: 'token.created', ...how },
  ]);
  expect(JSON.stringify([auditLog, running.logged])).not.toContain(made.secret.slice(16));
});

test('what is wrong with the input is an answer that names the field', async () => {
  expect(await create({ name: '', role: 'ADMIN' })).toMatchObject({ __typename: 'ValidationError', field: 'name' });
  expect(await create({ name: 'x', role: 'ADMIN', producer: 'y' })).toMatchObject({ field: 'producer' });
  expect(await create({ name: 'x', role: 'ADMIN', expiresAt: '2001-01-01T00:00:00Z' })).toMatchObject({
    field: 'expiresAt',
  });
  expect(await create({ name: 'VIEWER', role: 'ADMIN' })).toMatchObject({ __typename: 'ConflictError' });
  for (const id of [
    '',
    'x',
    Buffer.from('Token:ffffffffffff').toString('base64'),
    Buffer.from('Session:x').toString('base64'),
  ]) {
    expect(await revoke(id)).toMatchObject({ __typename: 'NotFoundError' });
  }
  for (const filter of [
    '{ actions: ["sign-inn"] }',
    `{ actor: "${'x'.repeat(513)}" }`,
    `{ target: "${'x'.repeat(513)}" }`,
  ]) {
    const { data, errors } = await ask(running, `{ auditLog(filter: ${filter}) { nodes { id } } }`);
    expect(data).toEqual({ auditLog: null });
    expect(errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', argument: expect.stringMatching(/^filter\./) as string } },
    ]);
  }
});

test('tokens and audit entries are there for an ADMIN alone, also by their global id', async () => {
  const made = await create({ name: 'seen by few', role: 'AUDITOR' });
  const first = '{ auditLog(first: 1) { nodes { id } } }';
  const { auditLog } = await askData<{ auditLog: { nodes: readonly { id: string }[] } }>(running, first);
  const ids = [made.token.id, auditLog.nodes[0]?.id];
  const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
  expect((await ask(running, nodes, { ids })).data).toMatchObject({
    nodes: [
      { __typename: 'Token', id: ids[0] },
      { __typename: 'AuditEntry', id: ids[1] },
    ],
  });
  for (const role of ['AUDITOR', 'VIEWER', 'PRODUCER'] as const) {
    const token = running.tokens[role];
    expect((await ask(running, nodes, { ids }, token)).data).toEqual({ nodes: [null, null] });
    expect(await create({ name: 'mine', role: 'ADMIN' }, token)).toMatchObject({
      __typename: 'ForbiddenError',
      requiredRole: 'ADMIN',
    });
    expect(await revoke('x', token)).toMatchObject({ __typename: 'ForbiddenError' });
  }
});

test('the audit log is paged, newest first', async () => {
  for (const name of ['one', 'two', 'three']) await create({ name: `paged ${name}`, role: 'VIEWER' });
  type Paged = {
    auditLog: { nodes: readonly { position: number }[]; pageInfo: { endCursor: string; hasNextPage: boolean } };
  };
  const query = (after: string | null) =>
    `{ auditLog(first: 2, after: ${JSON.stringify(after)}) { nodes { position } pageInfo { endCursor hasNextPage } } }`;
  const one = (await askData<Paged>(running, query(null))).auditLog;
  const two = (await askData<Paged>(running, query(one.pageInfo.endCursor))).auditLog;
  const positions = [...one.nodes, ...two.nodes].map(({ position }) => position);
  expect(positions).toEqual([0, 1, 2, 3].map((below) => (positions[0] ?? 0) - below));
  expect(one.pageInfo.hasNextPage).toBe(true);
});
