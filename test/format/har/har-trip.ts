import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { encodeBatch } from '../../../src/format/batch-encoder.ts';
import { scanBatch } from '../../../src/format/batch.ts';
import { checkPayload } from '../../../src/format/events/check-payload.ts';
import { writeHar } from '../../../src/format/har/har-writer.ts';
import { harFormat } from '../../../src/imports/har.ts';
import type { ImportStep, ImportedSession } from '../../../src/imports/import-step.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import { noDefaults, sourceOf } from '../../imports/importing.ts';
import { runsOf, written } from '../asciicast/asciicast-runs.ts';

/** JSON of which nothing is known yet. */
export type Tree = { readonly [name: string]: Tree };

/** A list in it. */
export const items = (tree: Tree | undefined): readonly Tree[] => (tree ?? []) as unknown as readonly Tree[];

/** The entries of a HAR. */
export const entriesOf = (har: Tree): readonly Tree[] => items(har['log']?.['entries']);

export const parseTree = (text: string): Tree => JSON.parse(text) as Tree;

/** What a HAR became: its session, all events, and what was skipped. */
export type ReadHar = {
  readonly session: ImportedSession;
  readonly events: readonly RecordedEvent[];
  readonly skipped: readonly Extract<ImportStep, { readonly kind: 'skip' }>[];
  readonly endedAtMs: number;
};

/** Reads a HAR as the import does. Events must be what a server takes. */
export const readHarFile = async (content: string | Uint8Array, pieceBytes?: number): Promise<ReadHar> => {
  const events: RecordedEvent[] = [];
  const skipped: ReadHar['skipped'][number][] = [];
  let session: ImportedSession | null = null;
  let endedAtMs = Number.NaN;
  const signal = new AbortController().signal;
  const given = { defaults: noDefaults, signal, newHash: () => createHash('sha256'), timeZone: 'UTC' };
  for await (const step of harFormat.read(sourceOf(content, pieceBytes), given)) {
    if (step.kind === 'open') session = step.session;
    else if (step.kind === 'events') events.push(...step.events);
    else if (step.kind === 'skip') skipped.push(step);
    else if (step.kind === 'close') endedAtMs = step.endedAtMs;
  }
  if (session === null) throw new Error('no session was opened');
  for (let at = 0; at < events.length; at += 500) scanBatch(encodeBatch(events.slice(at, at + 500)), checkPayload);
  return { session, events, skipped, endedAtMs };
};

/** The HAR that is written of it. */
export const writeHarOf = ({ session, events }: Pick<ReadHar, 'session' | 'events'>): Promise<string> =>
  written(
    writeHar(
      {
        version: '0.0.0',
        startedAtMs: session.startedAtMs,
        comment: 'a test',
        browser: session.labels?.['browser'],
        pages: session.labels?.['pages'],
      },
      runsOf(events, 100),
    ),
  );

const number = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : -1);
const text = (value: unknown): string => (typeof value === 'string' ? value.toWellFormed() : '');
const bodyOf = (content: Tree): string => {
  const isBase64 = [content['encoding'], content['_encoding']].map(text).includes('base64');
  return isBase64
    ? Buffer.from(text(content['text']), 'base64').toString('hex')
    : Buffer.from(text(content['text'])).toString('hex');
};

const headerOf = (message: Tree, wanted: string): unknown =>
  items(message['headers']).find(({ name }) => String(name).toLowerCase() === wanted)?.['value'];

/** What of an entry must come back: in the form that both have. */
export const essence = (entry: Tree): unknown => {
  const { request = {}, response = {} } = entry;
  const headers = (message: Tree): unknown =>
    items(message['headers']).map(({ name, value }) => [text(name), text(String(value))]);
  return {
    startedAtMs: Math.floor(Date.parse(text(entry['startedDateTime']))),
    request: [text(request['method']), text(request['url']), text(request['httpVersion']), headers(request)],
    requestBody: bodyOf(request['postData'] ?? {}),
    requestSize: number(request['bodySize']),
    response: [
      number(response['status']),
      text(response['statusText']),
      text(response['httpVersion']),
      headers(response),
    ],
    responseBody: bodyOf(response['content'] ?? {}),
    hasContent: typeof response['content']?.['text'] === 'string',
    responseSize: number(response['bodySize']),
    serverIPAddress: text(entry['serverIPAddress']),
    timings: ['blocked', 'dns', 'connect', 'ssl', 'send', 'wait', 'receive'].map((name) =>
      number(entry['timings']?.[name]),
    ),
    error: text(response['_error']),
    connection: entry['connection'],
    initiator: entry['_initiator'],
    mimeType: response['content']?.['mimeType'] ?? headerOf(response, 'content-type') ?? 'x-unknown',
    redirectURL: response['redirectURL'] ?? headerOf(response, 'location') ?? '',
  };
};

/** Requests overlap: compared in the order of time, and of all else. */
export const sorted = (essences: readonly unknown[]): readonly string[] =>
  essences.map((each) => JSON.stringify(each)).toSorted();

const isPair = (item: Tree): boolean => typeof item['name'] === 'string' && typeof item['value'] === 'string';
const listOfPairs = (list: Tree | undefined): void => {
  expect(Array.isArray(list) && items(list).every(isPair), JSON.stringify(list)?.slice(0, 500)).toBe(true);
};

/** The fields that HAR 1.2 asks for, of their types. */
export const expectValidHar = (har: Tree): void => {
  const log = har['log'] ?? {};
  expect(log).toMatchObject({ version: '1.2', creator: { name: 'Reeltime', version: expect.any(String) } });
  const pageIds = items(log['pages']).map((page) => {
    expect(page).toMatchObject({
      startedDateTime: expect.any(String),
      id: expect.any(String),
      title: expect.any(String),
      pageTimings: expect.any(Object),
    });
    return String(page['id']);
  });
  for (const entry of items(log['entries'])) {
    expect(entry).toMatchObject({
      startedDateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      time: expect.any(Number),
      cache: expect.any(Object),
      timings: { send: expect.any(Number), wait: expect.any(Number), receive: expect.any(Number) },
      request: {
        method: expect.any(String),
        url: expect.any(String),
        httpVersion: expect.any(String),
        headersSize: expect.any(Number),
        bodySize: expect.any(Number),
      },
      response: {
        status: expect.any(Number),
        statusText: expect.any(String),
        httpVersion: expect.any(String),
        redirectURL: expect.any(String),
        headersSize: expect.any(Number),
        bodySize: expect.any(Number),
        content: { size: expect.any(Number), mimeType: expect.any(String) },
      },
    });
    for (const list of ['cookies', 'headers', 'queryString']) listOfPairs(entry['request']?.[list]);
    for (const list of ['cookies', 'headers']) listOfPairs(entry['response']?.[list]);
    const postData = entry['request']?.['postData'];
    if (postData !== undefined) {
      expect(postData).toMatchObject({
        mimeType: expect.any(String),
        text: expect.any(String),
        params: expect.any(Array),
      });
    }
    if (entry['pageref'] !== undefined) expect(pageIds).toContain(entry['pageref']);
  }
};
