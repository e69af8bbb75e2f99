import { getNamedType, isLeafType, isObjectType, parse } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localViewer } from '../../../../src/api/authenticate.ts';
import type { Context } from '../../../../src/api/graphql/context.ts';
import { schema } from '../../../../src/api/graphql/schema.ts';
import type { ApiParts } from '../../../../src/api/parts.ts';
import { reaches, type Reached } from '../../access/field-table.ts';
import { openFed, output } from '../../feeding.ts';
import { type Running, startTestServer } from '../../running.ts';
import { executedBoth, type Seen } from './beside-graphql.ts';
import { drawFrom, randomQuery } from './random-operation.ts';

let running: Running;
let context: Context;
let sessionId = '';
let recordingId = '';
beforeAll(async () => {
  let parts: ApiParts | null = null;
  running = await startTestServer((given) => {
    parts = given;
    return {};
  });
  if (parts === null) throw new Error('the server was not handed its parts');
  const caller = { viewer: localViewer, ip: null, client: null, requestId: 'test' };
  context = { viewer: localViewer, caller, parts, gone: new AbortController().signal };
  const fed = await openFed(running);
  await fed.append([output(0, 'a'), output(5, 'b')]);
  await fed.end();
  await openFed(running, { labels: null });
  ({ sessionId, recordingId } = fed);
});
afterAll(() => running[Symbol.asyncDispose]());

const bothOf = (query: string): Promise<{ readonly ordinary: Seen; readonly compiled: readonly Seen[] }> =>
  executedBoth(() => ({ schema, document: parse(query), contextValue: context }));

/** What answers differently each time that it is asked. */
const restless = new Set(['verify', 'auditLog', 'verifyAuditLog', 'downloads', 'lastUsedAt']);

/** Queries that reach a type without more than a session to begin at. */
const queries = Object.entries(reaches).filter(([type, { kind }]) => kind === undefined && !type.startsWith('Audit'));

test.each(queries)('%s: every plain field is the same, compiled and not', async (type, { query }) => {
  const of = schema.getType(type);
  const fields = isObjectType(of) ? Object.values(of.getFields()) : [];
  const plain = fields.filter(
    (field) => isLeafType(getNamedType(field.type)) && field.args.length === 0 && !restless.has(field.name),
  );
  const asked = ['__typename', ...plain.map(({ name }) => name)].join(' ');
  const { ordinary, compiled } = await bothOf(query(asked, { fed: { sessionId, recordingId } } as Reached));
  for (const each of compiled) expect(each).toEqual(ordinary);
});

const argumentsOf = (parent: string, field: string, draw: (below: number) => number): string | null => {
  if (restless.has(field)) return null;
  if (field === 'session') return `(sessionId: "${draw(4) === 0 ? recordingId : sessionId}")`;
  if (field === 'recording') return draw(2) === 0 ? '' : `(recordingId: "${recordingId}")`;
  if (field === 'node') return '(id: "nothing")';
  const isList = ['sessions', 'recordings', 'events', 'chunks'].includes(field) && parent !== 'RecordingChunk';
  return isList ? (['', '(first: 1)', '(last: 2)', '(first: 0)', '(after: "x")'][draw(5)] ?? '') : '';
};

test('random queries of the schema are answered alike, compiled and not, with the errors of refusals', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const query = randomQuery(schema, drawFrom(seed), { argumentsOf, depth: 5 });
    const { ordinary, compiled } = await bothOf(query);
    for (const each of compiled) expect(each, query).toEqual(ordinary);
  }
});
