import { describe, expect, test } from 'vitest';
import { ocsfEvent } from '../../../src/format/ocsf/ocsf-event.ts';
import { ocsfSession } from '../../../src/format/ocsf/ocsf-session.ts';
import { asRead, exportedEvents, exportedSessions, full, type Json } from './exported-samples.ts';
import { classFacts, enumFacts, objectFacts, ocsfVersion, requiredOfAll, typeFacts } from './ocsf-facts.ts';

/** All that is wrong with an object by what the schema says of it. */
const problemsOf = (kind: string, object: Json, path: string): readonly string[] => {
  const facts = objectFacts[kind];
  if (facts === undefined) return [`${path}: the table does not know ${kind}`];
  const missing = facts.required.filter((name) => !(name in object)).map((name) => `${path}.${name} is missing`);
  if (facts.atLeastOne.length > 0 && !facts.atLeastOne.some((name) => name in object)) {
    missing.push(`${path} has none of ${facts.atLeastOne.join(', ')}`);
  }
  return [
    ...missing,
    ...Object.entries(object).flatMap(([name, value]) =>
      valueProblems(facts.attributes[name], value, `${path}.${name}`),
    ),
  ];
};

const valueProblems = (type: string | undefined, value: unknown, path: string): readonly string[] => {
  if (type === undefined) return [`${path} is no attribute that the table knows`];
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item, at) => valueProblems(type.slice(0, -2), item, `${path}[${at}]`));
  }
  const holds = typeFacts[type];
  if (holds === undefined) return problemsOf(type, value as Json, path);
  return holds(value) ? [] : [`${path} is no ${type}: ${JSON.stringify(value)}`];
};

const classProblems = (event: Json): readonly string[] => {
  const facts = classFacts[Number(event['class_uid'])];
  if (facts === undefined) return [`class ${String(event['class_uid'])} is none of these`];
  const problems = facts.required.filter((name) => !(name in event)).map((name) => `${name} is missing`);
  if (facts.atLeastOne.length > 0 && !facts.atLeastOne.some((name) => name in event)) {
    problems.push(`has none of ${facts.atLeastOne.join(', ')}`);
  }
  const id = Number(event['activity_id']);
  const named = { ...facts.activities, 0: 'Unknown', 99: event['activity_name'] }[id];
  if (named === undefined || named !== event['activity_name']) problems.push(`activity ${id} is no ${String(named)}`);
  if (event['class_name'] !== facts.name || event['category_uid'] !== facts.category) problems.push('another class');
  if (event['type_uid'] !== Number(event['class_uid']) * 100 + id) problems.push('another type_uid');
  return problems;
};

const enumProblems = (event: Json): readonly string[] =>
  Object.entries(enumFacts).flatMap(([name, values]) => {
    const caption = values[Number(event[name])];
    return caption !== undefined && caption === event[name.replace('_id', '')] ? [] : [`${name} is not what it says`];
  });

const expectValid = (object: object): void => {
  const event = asRead(object);
  expect([...problemsOf('event', event, 'event'), ...classProblems(event), ...enumProblems(event)]).toEqual([]);
  expect(event['metadata']).toMatchObject({ version: ocsfVersion, product: { version: '1.2.3' } });
  for (const name of requiredOfAll) expect(event).toHaveProperty(name);
};

test('sessions of every protocol, in every status, are valid events of the schema', () => {
  for (const each of exportedSessions) expectValid(ocsfSession(each, '1.2.3'));
});

test('events of every kind and code are valid events of the schema', () => {
  for (const each of exportedEvents) expectValid(ocsfEvent(each, '1.2.3'));
});

describe('a session is', () => {
  const classOf = (protocol: typeof full.protocol, status: typeof full.status) => {
    const { class_uid, activity_id } = asRead(
      ocsfSession({ session: { ...full, protocol, status }, change: 'UPDATED' }, ''),
    );
    return [class_uid, activity_id];
  };

  test.each([
    ['SSH', 'ACTIVE', 4007, 1],
    ['SSH', 'KILLED', 4007, 2],
    ['SSH', 'LOST', 4007, 99],
    ['TCP', 'ENDED', 4001, 2],
    ['DATABASE', 'ACTIVE', 6005, 3],
    ['DATABASE', 'ENDED', 6005, 99],
    ['HTTP', 'ACTIVE', 4002, 99],
    ['KUBERNETES', 'ENDED', 6003, 99],
    ['DATABASE', 'DENIED', 3002, 1],
    ['SSH', 'DENIED', 3002, 1],
  ] as const)('%s %s: class %i, activity %i', (protocol, status, classUid, activityId) => {
    expect(classOf(protocol, status)).toEqual([classUid, activityId]);
  });

  test('of HTTP asked of where it went, an IPv6 address in brackets', () => {
    const session = { ...full, protocol: 'HTTP', server: { name: '2001:db8::1', port: 8080 } } as const;
    expect(asRead(ocsfSession({ session, change: 'STARTED' }, ''))).toMatchObject({
      http_request: { url: { url_string: '//[2001:db8::1]:8080/' } },
    });
  });

  test('a refused attempt is a failure with its reason and its count', () => {
    const session = { ...full, status: 'DENIED', denyReason: 'no policy', attemptCount: 4 } as const;
    expect(asRead(ocsfSession({ session, change: 'STARTED' }, ''))).toMatchObject({
      status_id: 2,
      status_detail: 'no policy',
      count: 4,
      user: { name: 'ann@example.com', uid: 'idp|1' },
      src_endpoint: { ip: '192.0.2.7', port: 50123, location: { city: 'Zürich', country: 'CH', lat: 47.37 } },
      dst_endpoint: { name: 'bastion.example.com', port: 22, svc_name: 'db-bastion' },
    });
  });
});

describe('an event within a recording is', () => {
  const of = (code: string, at = 0): Json => {
    const found = exportedEvents.filter((each) => each.of === 'recording' && each.event.code === code)[at];
    if (found === undefined) throw new Error(`no sample of ${code}`);
    return asRead(ocsfEvent(found, ''));
  };

  test.each([
    ['cmd', 0, { class_uid: 4007, activity_id: 6, message: 'ls -l' }],
    ['sql', 0, { class_uid: 6005, activity_id: 4, query_info: { query_string: 'SELECT $1', uid: 'q1' } }],
    ['sqlr', 0, { class_uid: 6005, status_id: 2, status_code: '42P01', status_detail: 'no table', duration: 1 }],
    ['req', 0, { class_uid: 4002, activity_id: 3, http_request: { http_method: 'GET', user_agent: 'curl/8' } }],
    ['req', 1, { class_uid: 4002, activity_id: 99, activity_name: 'BREW' }],
    ['res', 0, { class_uid: 4002, status_id: 2, http_response: { code: 500, latency: 13 } }],
    [
      'k8s',
      0,
      { class_uid: 6003, activity_id: 4, api: { operation: 'delete' }, resources: [{ name: 'b', type: 'pods/log' }] },
    ],
    ['k8sr', 0, { class_uid: 6003, status_id: 2, api: { response: { code: 403 } } }],
    ['gap', 0, { class_uid: 4007, severity_id: 3, unmapped: { payload: { lostEvents: 3 } } }],
  ])('%s %i', (code, at, expected) => {
    expect(of(code, at)).toMatchObject(expected);
  });
});
