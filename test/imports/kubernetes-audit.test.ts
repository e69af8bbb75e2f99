import { describe, expect, test } from 'vitest';
import { kubernetesAuditFormat } from '../../src/imports/kubernetes-audit.ts';
import { given, isKnown, readLog } from './log-steps.ts';
import { noDefaults } from './importing.ts';

const startMs = Date.UTC(2026, 4, 1, 10);
const time = (afterMs: number): string => new Date(startMs + afterMs).toISOString().replace('Z', '123Z');

type Change = Readonly<Record<string, unknown>>;
const event = (id: string, receivedMs: number, stageMs: number, change: Change = {}): Record<string, unknown> => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: id,
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/shop/pods?limit=500',
  verb: 'list',
  user: { username: 'ann@example.com', groups: ['devs', 'system:authenticated'] },
  sourceIPs: ['192.0.2.7', '10.0.0.1'],
  userAgent: 'kubectl/v1.30.0 (linux/amd64) kubernetes/7c48c2b',
  objectRef: { resource: 'pods', namespace: 'shop', apiVersion: 'v1' },
  responseStatus: { metadata: {}, code: 200 },
  requestReceivedTimestamp: time(receivedMs),
  stageTimestamp: time(stageMs),
  ...change,
});
const lines = (...events: readonly unknown[]): string => events.map((each) => `${JSON.stringify(each)}\n`).join('');
const read = (content: string) => readLog(kubernetesAuditFormat, content);

describe('a Kubernetes audit log', () => {
  test('is a session for each user, address and agent; a request and its answer are two events, whatever stages were logged', async () => {
    const received = event('r1', 0, 0, { stage: 'RequestReceived', responseStatus: undefined });
    const other = { user: { username: 'system:serviceaccount:kube-system:job' } };
    const { sessions } = await read(
      lines(received, event('r2', 40, 50, other), event('r1', 0, 120), event('r3', 200, 230)),
    );
    expect(
      sessions.map(({ session }) => [session.user.identity, session.user.email, session.user.isServiceAccount]),
    ).toEqual([
      ['ann@example.com', 'ann@example.com', false],
      ['system:serviceaccount:kube-system:job', null, true],
    ]);
    expect(sessions[0]).toMatchObject({
      session: {
        protocol: 'KUBERNETES',
        upstream: 'kubernetes',
        client: { ip: '192.0.2.7', software: 'kubectl/v1.30.0 (linux/amd64) kubernetes/7c48c2b' },
        authInfo: 'groups: devs, system:authenticated',
        startedAtMs: startMs,
        labels: { forwardedFor: ['192.0.2.7', '10.0.0.1'] },
        recording: { kind: 'KUBERNETES' },
      },
      end: { endedAtMs: startMs + 230 },
    });
    expect(sessions[0]?.events.map(({ timeMs, code, payload: [id] }) => [timeMs, code, id])).toEqual([
      [0, 'k8s', 'r1'],
      [120, 'k8sr', 'r1'],
      [200, 'k8s', 'r3'],
      [230, 'k8sr', 'r3'],
    ]);
    expect(sessions[0]?.events.slice(0, 2).map(({ payload }) => payload[1])).toEqual([
      {
        verb: 'list',
        method: 'GET',
        uri: '/api/v1/namespaces/shop/pods?limit=500',
        apiGroup: null,
        apiVersion: 'v1',
        resource: 'pods',
        subresource: null,
        namespace: 'shop',
        name: null,
        userAgent: 'kubectl/v1.30.0 (linux/amd64) kubernetes/7c48c2b',
      },
      { status: 200, reason: null, durationMs: 120 },
    ]);
  });

  test('is cut where nothing happens for ten minutes, and not while an answer goes on', async () => {
    const minute = 60_000;
    const { sessions } = await read(
      lines(
        event('a', 0, 0),
        event('b', 10 * minute, 10 * minute),
        event('watch', 11 * minute, 11 * minute, { stage: 'ResponseStarted', verb: 'watch' }),
        event('c', 22 * minute, 22 * minute),
        event('watch', 11 * minute, 23 * minute, { verb: 'watch' }),
      ),
    );
    expect(
      sessions.map(({ events, session, end }) => [
        events.map(({ code, payload: [id] }) => `${code} ${String(id)}`),
        session.startedAtMs - startMs,
        (end?.endedAtMs ?? 0) - startMs,
      ]),
    ).toEqual([
      // The answer that began is told, though its end is in the next session.
      [['k8s a', 'k8sr a', 'k8s b', 'k8sr b', 'k8s watch', 'k8sr watch'], 0, 11 * minute],
      [['k8s c', 'k8sr c', 'k8s watch', 'k8sr watch'], 22 * minute, 23 * minute],
    ]);
  });

  test('notes who reached into a pod, once, and keeps what was forbidden with its reason', async () => {
    const exec = {
      verb: 'create',
      requestURI: '/api/v1/namespaces/shop/pods/web-1/exec?command=cat&command=%2Fetc%2Fpasswd&container=app',
      objectRef: { resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web-1' },
      responseStatus: { code: 101 },
    };
    const forbidden = {
      responseStatus: { code: 403, reason: 'Forbidden', status: 'Failure' },
      annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': 'no RBAC rule' },
    };
    const { sessions } = await read(
      lines(
        event('e', 0, 5, { ...exec, stage: 'ResponseStarted' }),
        event('e', 0, 900, exec),
        event('f', 950, 960, forbidden),
      ),
    );
    expect(sessions[0]?.told).toEqual(['exec in pod shop/web-1: cat /etc/passwd']);
    expect(sessions[0]?.events.at(-1)?.payload).toEqual([
      'f',
      { status: 403, reason: 'Forbidden: no RBAC rule', durationMs: 10 },
    ]);
  });

  test('is read as lines, as lists of a webhook, as documents of many lines, and in its older forms', async () => {
    const old = {
      ...event('v', 0, 0),
      apiVersion: undefined,
      requestReceivedTimestamp: undefined,
      stageTimestamp: undefined,
      timestamp: '2018-10-26T13:38:34Z',
    };
    const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [event('a', 0, 1), event('b', 2, 3)] };
    for (const content of [
      lines(list),
      JSON.stringify(list, null, 2),
      lines(event('a', 0, 1), event('b', 2, 3)),
      `${JSON.stringify(event('a', 0, 1), null, 2)}\n${JSON.stringify(event('b', 2, 3), null, '\t')}`,
      JSON.stringify([event('a', 0, 1), event('b', 2, 3)]),
    ]) {
      expect(isKnown(kubernetesAuditFormat, content)).toBe(true);
      const { sessions } = await read(content);
      expect(sessions.map(({ events }) => events.length)).toEqual([4]);
    }
    expect((await read(lines(old))).sessions[0]?.session.startedAtMs).toBe(Date.UTC(2018, 9, 26, 13, 38, 34));
  });

  test('holds a bounded part of the requests whose answers never come, and tells every one of them', async () => {
    const long = `/api/v1/pods?labelSelector=${'x'.repeat(100_000)}`;
    const received = (user: string, id: string): unknown =>
      event(id, 0, 0, { stage: 'RequestReceived', requestURI: long, user: { username: user } });
    const users = Array.from({ length: 500 }, (_, at) => `user${at}`);
    const answers = ['user499', 'user0'].map((user) => event(`of ${user}`, 0, 9, { user: { username: user } }));
    const { sessions } = await read(lines(...users.map((user) => received(user, `of ${user}`)), ...answers));
    expect(sessions).toHaveLength(500);
    const codes = (user: string) =>
      sessions.find(({ session }) => session.user.identity === user)?.events.map(({ code }) => code);
    expect(codes('user1')).toEqual(['k8s']);
    expect(codes('user0')).toEqual(['k8s', 'k8sr']);
    // A request that was given up for others is told again with its answer.
    expect(codes('user499')).toEqual(['k8s', 'k8s', 'k8sr']);
  });

  test('names the lines that are of no use, and takes the others', async () => {
    const hostile =
      '{"kind":"Event","auditID":"x","__proto__":{"a":1},"user":{"username":5},"objectRef":[],"stageTimestamp":"2026-05-01T10:00:00Z","constructor":{}}';
    const { sessions, skips } = await read(
      [
        '{"kind":',
        lines(event('a', 0, 1)).trim(),
        '{"kind":0}',
        '{"kind":"Event"}',
        `{"kind":"Event","auditID":"t"}`,
        hostile,
        `${'['.repeat(100_000)}`,
      ]
        .join('\n')
        .replace(/^/, `${lines(event('z', 0, 1))}`),
    );
    expect(skips).toEqual([
      { line: 2, reason: 'not JSON' },
      { line: 4, reason: 'not an audit event' },
      { line: 5, reason: 'not an audit event: it has no auditID' },
      { line: 6, reason: 'the audit event has no time' },
      { line: 8, reason: 'not JSON' },
    ]);
    expect(sessions.map(({ session }) => session.user.identity)).toEqual(['ann@example.com', 'unknown']);
  });

  test('is of what the caller says, and of whom the log says', async () => {
    const defaults = {
      ...noDefaults,
      socket: 'prod',
      server: { name: 'k8s.example.com', port: 6443 },
      user: { identity: 'nobody' },
    };
    const { sessions } = await readLog(kubernetesAuditFormat, lines(event('a', 0, 1)), given({ defaults }));
    expect(sessions[0]?.session).toMatchObject({
      user: { identity: 'ann@example.com' },
      socket: { name: 'prod' },
      server: { name: 'k8s.example.com', port: 6443 },
    });
  });
});
