import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AuditEntry, AuditFilter } from '../../../src/model/audit.ts';
import { NotFound } from '../../../src/model/errors.ts';
import { AUDIT_DETAILS_BYTES_MAX } from '../../../src/model/limits.ts';
import { firstPage } from '../../../src/model/page.ts';
import { testStartMs } from '../opened-folder.ts';
import { anActor, auditEntry } from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

const everything: AuditFilter = { actor: null, actions: null, target: null, fromMs: null, beforeMs: null };

/** What the audit log promises, beside that a change of it is found: see audit.test.ts. */
export const auditContract = (subject: CatalogSubject): void => {
  const listed = async (filter: Partial<AuditFilter>): Promise<readonly AuditEntry[]> =>
    (await subject.reader.auditEntries({ ...everything, ...filter }, firstPage(100))).items;
  const verify = () => subject.reader.verifyAudit(null, () => {}, new AbortController().signal);
  const actorNamed = (name: string) => ({ ...anActor, name });

  describe('the audit log', () => {
    test('keeps who did what, when, to what and how they came, and nothing of a person in their credential', async () => {
      const target = `session ${randomUUID()}`;
      const given = auditEntry({ target, details: { words: ['a', '"b"\n'] } });
      const added = await subject.writer.addAuditEntry(given);
      const { name: actor, ip, client, requestId, credential } = anActor;
      expect(added).toMatchObject({
        atMs: testStartMs,
        actor,
        ip,
        client,
        requestId,
        credential,
        target,
        action: 'searched',
        details: given.details,
      });
      expect(await subject.reader.auditEntry(added.entryId)).toEqual(added);
      expect(await subject.reader.auditEntry(randomUUID())).toBeNull();
      for (const [said, kept] of [
        ['proxy eve@example.com', 'proxy'],
        ['jwt auth0|7', 'jwt'],
        ['process', 'process'],
        ['sign-in 7', 'sign-in 7'],
      ] as const) {
        const entry = await subject.writer.addAuditEntry(auditEntry({ actor: { ...anActor, credential: said } }));
        expect(entry.credential).toBe(kept);
      }
      const bare = { name: 'local', credential: 'process', ip: null, client: null, requestId: null };
      expect(await subject.writer.addAuditEntry(auditEntry({ actor: bare }))).toMatchObject({
        ip: null,
        client: null,
        requestId: null,
      });
    });

    test('is listed newest first, by each field of the filter, in both directions', async () => {
      const name = `ann ${randomUUID()}`;
      const target = `recording ${randomUUID()}`;
      const actor = actorNamed(name);
      const made = [];
      for (const [atMs, action] of [
        [1000, 'searched'],
        [2000, 'recording.watched'],
        [3000, 'searched'],
      ] as const) {
        made.push(await subject.writer.addAuditEntry(auditEntry({ actor, atMs, action, target })));
      }
      await subject.writer.addAuditEntry(auditEntry());
      const [first, second, third] = made as [AuditEntry, AuditEntry, AuditEntry];
      expect(await listed({ actor: name })).toEqual([third, second, first]);
      expect(await listed({ target })).toEqual([third, second, first]);
      expect(await listed({ actor: name, actions: ['recording.watched'] })).toEqual([second]);
      expect(await listed({ actor: name, actions: ['recording.watched', 'searched'] })).toEqual([third, second, first]);
      expect(await listed({ actor: name, actions: [] })).toEqual([]);
      expect(await listed({ actor: name, fromMs: 2000, beforeMs: 3000 })).toEqual([second]);
      expect(await listed({ actor: `${name}?` })).toEqual([]);
      const filter = { ...everything, target };
      const at = ({ position }: AuditEntry) => ({ order: 'audit', key: [position] });
      const page = await subject.reader.auditEntries(filter, { ...firstPage(1), after: at(third) });
      expect(page).toMatchObject({ items: [second], hasNextPage: true, hasPreviousPage: true });
      const back = await subject.reader.auditEntries(filter, { ...firstPage(5), backward: true, before: at(first) });
      expect(back.items).toEqual([third, second]);
    });

    test('cuts long details so that they stay JSON', async () => {
      const texts = {
        words: 'x'.repeat(AUDIT_DETAILS_BYTES_MAX),
        others: ['ä'.repeat(AUDIT_DETAILS_BYTES_MAX), 'short'],
      };
      const { details } = await subject.writer.addAuditEntry(auditEntry({ details: texts }));
      expect(details).toMatchObject({
        words: expect.stringMatching(/^x{64,}…$/) as string,
        others: [expect.stringMatching(/^ä{64,}…$/), 'short'],
      });
      const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`name ${index}`, index]));
      const cut = await subject.writer.addAuditEntry(auditEntry({ details: many }));
      expect(cut.details).toEqual({ cut: expect.stringContaining(`${AUDIT_DETAILS_BYTES_MAX}`) as string });
    });

    test('holds whatever text it is given', async () => {
      const name = 'half a pair \ud800, a zero \0 and a line\n';
      await subject.writer.addAuditEntry(
        auditEntry({
          actor: { name, credential: name, ip: name, client: name, requestId: name },
          target: name,
          details: { name },
        }),
      );
      expect(await listed({ actor: name })).toHaveLength(1);
      expect(await verify()).toMatchObject({ ok: true, badPosition: null });
    });

    test('a write that is refused leaves no entry and no hole', async () => {
      const before = await verify();
      const refused = subject.writer.noteViewing({
        eventId: randomUUID(),
        sessionId: randomUUID() as never,
        atMs: 0,
        kind: 'WATCHED',
        message: '',
        actor: null,
        recordingId: null,
        timeMs: null,
        details: null,
        audit: auditEntry(),
      });
      await expect(refused).rejects.toThrow(NotFound);
      const { position } = await subject.writer.addAuditEntry(auditEntry());
      expect(position).toBe(before.headPosition + 1);
    });

    test('forgets a name, and where it came from, without a change of the chain; who comes again is somebody new', async () => {
      const name = `eve ${randomUUID()}`;
      const target = `session ${randomUUID()}`;
      const entry = await subject.writer.addAuditEntry(auditEntry({ actor: actorNamed(name), target }));
      await subject.writer.forgetPerson({ name, audit: auditEntry({ action: 'person.forgotten' }) });
      const [left] = await listed({ target });
      expect(left).toMatchObject({
        position: entry.position,
        hash: entry.hash,
        ip: null,
        client: null,
        requestId: entry.requestId,
      });
      expect(left?.actor).toMatch(/^[0-9a-f]{32}$/);
      expect(await listed({ actor: name })).toEqual([]);
      expect(await listed({ target: left?.actor ?? '' })).toMatchObject([{ action: 'person.forgotten' }]);
      const again = { name, audit: auditEntry({ action: 'person.forgotten' }) };
      await expect(subject.writer.forgetPerson(again)).rejects.toThrow(NotFound);
      await subject.writer.addAuditEntry(auditEntry({ actor: actorNamed(name), target }));
      expect((await listed({ target })).map(({ actor }) => actor)).toEqual([name, left?.actor]);
      expect(await verify()).toMatchObject({ ok: true });
    });

    test('tells which settings differ from those kept before', async () => {
      const changed = async (): Promise<readonly unknown[]> =>
        (await listed({ actions: ['setting.changed'] })).map(({ target, details }) => [target, details]);
      const keep = (settings: Readonly<Record<string, string | null>>) =>
        subject.writer.keepSettings({ settings, atMs: testStartMs, actor: anActor });
      await keep({ listen: 'a', issuer: null });
      await keep({ listen: 'a', issuer: null });
      expect(await changed()).toEqual([]);
      await keep({ listen: 'b', issuer: 'https://id', 'of a newer program': 'c' });
      await keep({ listen: 'b', issuer: 'https://id', 'of a newer program': 'c' });
      expect(await changed()).toEqual([
        ['setting issuer', { name: 'issuer', before: null, after: 'https://id' }],
        ['setting listen', { name: 'listen', before: 'a', after: 'b' }],
      ]);
    });
  });

  test('what somebody saw is one event that grows, moves no revision, and is in the audit log', async () => {
    const { sessionId, recordingId } = await subject.openNew();
    const revision = await subject.revisionOf(sessionId);
    const target = `recording ${recordingId}`;
    const viewing = {
      eventId: randomUUID(),
      sessionId,
      atMs: testStartMs,
      kind: 'WATCHED' as const,
      message: 'watched',
      actor: 'ann',
      recordingId,
      timeMs: null,
      details: { ranges: [[0, 1]] },
      audit: auditEntry({ action: 'recording.watched', target }),
    };
    const from = subject.announced.length;
    await subject.writer.noteViewing(viewing);
    await subject.writer.noteViewing({
      ...viewing,
      atMs: testStartMs + 5,
      message: 'watched more',
      details: { ranges: [[0, 9]] },
      audit: null,
    });
    expect(await subject.reader.sessionEvent({ scope: 'all' }, viewing.eventId)).toMatchObject({
      atMs: testStartMs,
      message: 'watched more',
      details: { ranges: [[0, 9]] },
    });
    expect(await subject.kindsOf(sessionId)).toEqual(['STARTED', 'WATCHED']);
    expect(await subject.revisionOf(sessionId)).toBe(revision);
    expect(subject.announced.slice(from)).toEqual([]);
    expect((await listed({ target })).map(({ action }) => action)).toEqual(['recording.watched']);
  });
};
