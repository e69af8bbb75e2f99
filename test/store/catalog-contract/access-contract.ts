import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Conflict, NotFound } from '../../../src/model/errors.ts';
import { SIGN_INS_MAX } from '../../../src/model/limits.ts';
import { processActor } from '../../../src/model/audit.ts';
import { firstPage } from '../../../src/model/page.ts';
import type { SignIn } from '../../../src/model/sign-in.ts';
import type { PutTokenWrite } from '../../../src/store/catalog/access-records.ts';
import { testStartMs } from '../opened-folder.ts';
import { auditEntry, tokenWrite } from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

const putWrite = (change: Partial<PutTokenWrite> = {}): PutTokenWrite => {
  const { audit: _audit, ...token } = tokenWrite();
  return { ...token, actor: processActor, ...change };
};

const signInWrite = (change: Partial<SignIn> = {}) => ({
  signIn: {
    signInId: randomUUID(),
    tokenId: null,
    name: 'ann',
    role: 'AUDITOR' as const,
    createdAtMs: testStartMs,
    expiresAtMs: testStartMs + 1000,
    ...change,
  },
  sha256: new Uint8Array(randomBytes(32)),
  audit: auditEntry({ action: 'sign-in' }),
});

/** What tokens and sign-ins promise. */
export const accessContract = (subject: CatalogSubject): void => {
  const revoke = (tokenId: string, atMs = testStartMs) =>
    subject.writer.revokeToken({
      tokenId,
      atMs,
      audit: auditEntry({ action: 'token.revoked', target: `token ${tokenId}` }),
    });
  const toldOf = async (target: string): Promise<readonly string[]> => {
    const filter = { actor: null, actions: null, target, fromMs: null, beforeMs: null };
    return (await subject.reader.auditEntries(filter, firstPage(100))).items.map(({ action }) => action);
  };
  const announcedCredentials = (): number => subject.announced.filter(({ kind }) => kind === 'credentials').length;

  describe('tokens', () => {
    test('are found by their id, with what their text is known by, and making one is in the audit log', async () => {
      const { audit: _audit, sha256, ...token } = tokenWrite({ role: 'PRODUCER', producer: 'p', expiresAtMs: 5000 });
      const made = await subject.writer.createToken({
        ...tokenWrite(),
        ...token,
        sha256,
        audit: auditEntry({ action: 'token.created', target: `token ${token.tokenId}` }),
      });
      expect(made).toEqual({ ...token, lastUsedAtMs: null, revokedAtMs: null, position: made.position });
      const kept = await subject.reader.token(token.tokenId);
      expect(kept?.token).toEqual(made);
      expect(Buffer.from(kept?.sha256 ?? [])).toEqual(Buffer.from(sha256));
      expect(await subject.reader.token('ffffffffffff')).toBeNull();
      expect(await toldOf(`token ${token.tokenId}`)).toEqual(['token.created']);
    });

    test('are listed newest first, revoked ones with them, page by page in both directions', async () => {
      const made = [];
      for (let index = 0; index < 3; index += 1) made.push(await subject.writer.createToken(tokenWrite()));
      await revoke(made[1]?.tokenId ?? '');
      const newest = await subject.reader.tokens(firstPage(2));
      expect(newest.items.map(({ tokenId }) => tokenId)).toEqual([made[2]?.tokenId, made[1]?.tokenId]);
      expect(newest).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
      const at = (position = 0) => ({ order: 'token', key: [position] });
      const older = await subject.reader.tokens({ ...firstPage(1), after: at(newest.items[1]?.position) });
      expect(older.items.map(({ tokenId }) => tokenId)).toEqual([made[0]?.tokenId]);
      const back = await subject.reader.tokens({ ...firstPage(2), backward: true, before: at(made[0]?.position) });
      expect(back.items).toEqual(newest.items);
      expect(back).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    });

    test('that work have names of their own; a name is free again once its token is revoked', async () => {
      const first = await subject.writer.createToken(tokenWrite());
      await expect(subject.writer.createToken(tokenWrite({ name: first.name }))).rejects.toThrow(Conflict);
      await expect(subject.writer.createToken(tokenWrite({ tokenId: first.tokenId }))).rejects.toThrow(Conflict);
      await revoke(first.tokenId);
      expect(await subject.writer.createToken(tokenWrite({ name: first.name }))).toMatchObject({ revokedAtMs: null });
    });

    test('are revoked once, told once, and take the sign-ins with them', async () => {
      const { tokenId } = await subject.writer.createToken(tokenWrite());
      const signIn = signInWrite({ tokenId });
      await subject.writer.putSignIn(signIn);
      const before = announcedCredentials();
      expect(await revoke(tokenId, testStartMs + 1)).toMatchObject({ revokedAtMs: testStartMs + 1 });
      expect(await revoke(tokenId, testStartMs + 2)).toMatchObject({ revokedAtMs: testStartMs + 1 });
      expect(announcedCredentials()).toBe(before + 1);
      expect(await toldOf(`token ${tokenId}`)).toEqual(['token.revoked', 'token.created']);
      expect((await subject.reader.token(tokenId))?.token.revokedAtMs).toBe(testStartMs + 1);
      expect(await subject.reader.signIn(signIn.sha256)).toBeNull();
      await expect(subject.writer.putSignIn(signInWrite({ tokenId }))).rejects.toThrow(Conflict);
      await expect(revoke('ffffffffffff')).rejects.toThrow(NotFound);
    });

    test('remember when they were used last, never backwards; an unknown one is passed over', async () => {
      const { tokenId } = await subject.writer.createToken(tokenWrite());
      await subject.writer.markTokenUsed({ tokenId, atMs: 120_000 });
      await subject.writer.markTokenUsed({ tokenId, atMs: 60_000 });
      await subject.writer.markTokenUsed({ tokenId: 'ffffffffffff', atMs: 60_000 });
      expect((await subject.reader.token(tokenId))?.token.lastUsedAtMs).toBe(120_000);
    });

    test("the admin's takes the place of the one with its name, and the same one again keeps its times and stays revoked", async () => {
      const old = putWrite();
      await subject.writer.putToken(old);
      const before = announcedCredentials();
      const next = putWrite({ name: old.name });
      await subject.writer.putToken(next);
      expect(announcedCredentials()).toBe(before + 1);
      expect(await subject.reader.token(old.tokenId)).toBeNull();
      expect(await toldOf(`token ${old.tokenId}`)).toEqual(['token.revoked', 'token.created']);
      expect(await toldOf(`token ${next.tokenId}`)).toEqual(['token.created']);
      await subject.writer.markTokenUsed({ tokenId: next.tokenId, atMs: 60_000 });
      await revoke(next.tokenId);
      const again = await subject.writer.putToken({ ...next, createdAtMs: testStartMs + 9 });
      expect(again).toMatchObject({ createdAtMs: testStartMs, lastUsedAtMs: 60_000, revokedAtMs: testStartMs });
      expect(announcedCredentials()).toBe(before + 2);
      expect(await toldOf(`token ${next.tokenId}`)).toEqual(['token.revoked', 'token.created']);
    });

    test("the admin's is never made of another token: neither by its secret, nor in the place of its id", async () => {
      const other = await subject.writer.createToken({ ...tokenWrite(), role: 'VIEWER' });
      const kept = await subject.reader.token(other.tokenId);
      const same = putWrite({ tokenId: other.tokenId, sha256: kept?.sha256 ?? new Uint8Array(32), role: 'ADMIN' });
      for (const input of [same, putWrite({ tokenId: other.tokenId }), { ...same, name: other.name }]) {
        await expect(subject.writer.putToken(input)).rejects.toThrow(Conflict);
      }
      expect(await subject.reader.token(other.tokenId)).toEqual(kept);
    });

    test('a token that was kept under another id is found by the one in its text from then on', async () => {
      const token = putWrite();
      await subject.writer.putToken({ ...token, tokenId: `old ${token.tokenId}` });
      await subject.writer.putToken(token);
      expect(await subject.reader.token(`old ${token.tokenId}`)).toBeNull();
      expect((await subject.reader.token(token.tokenId))?.token.name).toBe(token.name);
    });
  });

  describe('sign-ins', () => {
    test('are found by what their cookie is known by until they end, which is told once', async () => {
      const { signIn, sha256, audit } = signInWrite();
      await subject.writer.putSignIn({ signIn, sha256, audit });
      expect(await subject.reader.signIn(sha256)).toEqual(signIn);
      expect(await subject.reader.signIn(randomBytes(32))).toBeNull();
      const target = `sign-in ${signIn.signInId}`;
      const before = announcedCredentials();
      const end = { signInId: signIn.signInId, audit: auditEntry({ action: 'sign-out', target }) };
      await subject.writer.endSignIn(end);
      await subject.writer.endSignIn(end);
      expect(await subject.reader.signIn(sha256)).toBeNull();
      expect(announcedCredentials()).toBe(before + 1);
      expect(await toldOf(target)).toEqual(['sign-out']);
    });

    test('that are over are deleted when another begins', async () => {
      const over = signInWrite();
      await subject.writer.putSignIn(over);
      await subject.writer.putSignIn(signInWrite({ createdAtMs: over.signIn.expiresAtMs, expiresAtMs: 8e12 }));
      expect(await subject.reader.signIn(over.sha256)).toBeNull();
    });

    test('with one token, or of one person, are so many at once: the oldest ends when another begins, and both are told', async () => {
      const { tokenId } = await subject.writer.createToken(tokenWrite());
      for (const of of [{ tokenId }, { name: `person ${randomUUID()}` }]) {
        const other = signInWrite();
        const made = Array.from({ length: SIGN_INS_MAX + 1 }, (_, at) =>
          signInWrite({ ...of, createdAtMs: testStartMs + at, expiresAtMs: 8e12 }),
        );
        const [oldest, second] = made;
        if (oldest === undefined || second === undefined) throw new Error('too few sign-ins');
        await subject.writer.putSignIn(other);
        for (const each of made.slice(0, -1)) await subject.writer.putSignIn(each);
        const before = announcedCredentials();
        expect(await subject.reader.signIn(oldest.sha256)).toEqual(oldest.signIn);
        await subject.writer.putSignIn(made.at(-1) ?? oldest);
        expect(await subject.reader.signIn(oldest.sha256)).toBeNull();
        expect(announcedCredentials()).toBe(before + 1);
        expect(await toldOf(`sign-in ${oldest.signIn.signInId}`)).toEqual(['sign-out']);
        expect(await subject.reader.signIn(second.sha256)).toEqual(second.signIn);
        expect(await subject.reader.signIn(other.sha256)).toEqual(other.signIn);
      }
    });
  });

  test('what stands: neither revoked nor over, sign-ins no longer than their token, and all that is not kept here', async () => {
    const nowMs = testStartMs + 500;
    const { tokenId: good } = await subject.writer.createToken(tokenWrite());
    const { tokenId: over } = await subject.writer.createToken(tokenWrite({ expiresAtMs: nowMs }));
    const { tokenId: revoked } = await subject.writer.createToken(tokenWrite());
    await revoke(revoked);
    const signIns = {
      good: signInWrite({ tokenId: good }),
      bare: signInWrite(),
      over: signInWrite({ expiresAtMs: nowMs }),
      ofOver: signInWrite({ tokenId: over }),
    };
    for (const each of Object.values(signIns)) await subject.writer.putSignIn(each);
    const credential = (name: keyof typeof signIns): string => `sign-in ${signIns[name].signIn.signInId}`;
    const standing = [`token ${good}`, credential('good'), credential('bare'), 'process', 'jwt someone', 'proxy eve'];
    const fallen = [
      `token ${over}`,
      `token ${revoked}`,
      'token ffffffffffff',
      credential('over'),
      credential('ofOver'),
      'sign-in x',
    ];
    expect(await subject.reader.standing([...standing, ...fallen], nowMs)).toEqual(new Set(standing));
    expect(await subject.reader.standing([], nowMs)).toEqual(new Set());
  });
};
