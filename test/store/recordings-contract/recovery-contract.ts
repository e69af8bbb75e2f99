import { describe, expect, test } from 'vitest';
import { encodeBatch } from '../../../src/format/batch-encoder.ts';
import { encodeChunkHeader } from '../../../src/format/chunk-frame.ts';
import { joinRun } from '../../../src/format/run-bytes.ts';
import { decodeRun } from '../../../src/format/run-events.ts';
import { compressFrame, nodeCodecs } from '../../../src/store/recordings/node-codecs.ts';
import type { Recovered } from '../../../src/store/recordings/recordings.ts';
import { output, plain } from '../feeding.ts';
import { Keeper, type RecordingsStore } from './subject.ts';

const nothing: Recovered = { adopted: [], seal: null, quarantined: null, damage: null };
const chunks = [[output(0, 'one')], [output(5, 'two'), output(6, 'three')], [output(9, 'four')]] as const;

/** What Recordings.recover promises. */
export const recoveryContract = (storeOf: () => RecordingsStore): void => {
  describe('recovering', () => {
    /** The whole recording, and what was known after each step of its life: before anything, and after each chunk. */
    const lived = async (sealed = true): Promise<{ whole: Keeper; moments: Keeper[]; bytes: Buffer }> => {
      const whole = new Keeper(storeOf().recordings);
      const moments = [whole.copy()];
      for (const events of chunks) {
        await whole.append(events);
        moments.push(whole.copy());
      }
      if (sealed) await whole.seal();
      const bytes = await storeOf().peek(whole.locator);
      if (bytes === null) throw new Error('it is stored');
      return { whole, moments, bytes };
    };
    const adopt = (keeper: Keeper, found: Recovered): Keeper => {
      for (const { row, indexedSize } of found.adopted) keeper.adopt(row, indexedSize);
      return keeper;
    };

    test('what is known to its last byte, or was never begun, is left alone', async () => {
      const { moments } = await lived(false);
      expect(await moments[3]?.recover()).toEqual(nothing);
      expect(await new Keeper(storeOf().recordings).recover()).toEqual(nothing);
    });

    test('whole chunks and the seal beyond what is known are adopted, from every moment on', async () => {
      const { whole, moments, bytes } = await lived();
      for (const [known, keeper] of moments.entries()) {
        const found = await keeper.recover();
        expect(found.adopted.map(({ row }) => row)).toEqual(whole.rows.slice(known));
        expect(found).toMatchObject({ quarantined: null, damage: null });
        expect(found.seal).toMatchObject({
          state: 'COMPLETE',
          indexedSize: bytes.length,
          keyId: '0011223344556677',
          signature: whole.recording.signature,
        });
        expect((await storeOf().peek(whole.locator))?.equals(bytes)).toBe(true);
      }
    });

    test('a torn end is set aside at whatever byte it was torn, and what is whole before it is adopted', async () => {
      const { whole, moments, bytes } = await lived();
      const store = storeOf();
      const ends = moments.map(({ indexedSize }) => indexedSize);
      const [before] = ends;
      for (let size = bytes.length - 1; size > 0; size -= 13) {
        const known = size >= (ends[1] ?? 0) ? 1 : 0;
        const keeper = moments[known]?.copy();
        if (keeper === undefined) throw new Error('there are such moments');
        await store.poke(whole.locator, bytes.subarray(0, size));
        const asideBefore = (await store.quarantine()).length;
        const found = await keeper.recover();
        const kept = ends.findLast((end) => end <= size) ?? before ?? 0;
        const lost = bytes.subarray(kept, size);
        expect([size, found.seal, found.quarantined?.bytes ?? 0]).toEqual([size, null, lost.length]);
        expect(adopt(keeper, found).rows).toEqual(whole.rows.slice(0, ends.indexOf(kept)));
        const now = await store.peek(whole.locator);
        expect((now ?? Buffer.alloc(0)).equals(bytes.subarray(0, kept))).toBe(true);
        const aside = await store.quarantine();
        expect(aside.length - asideBefore).toBe(lost.length > 0 ? 1 : 0);
        expect(lost.length === 0 || aside.some((file) => file.equals(lost))).toBe(true);
        expect(await keeper.recover()).toEqual(nothing);
      }
    });

    test('what was recovered goes on, is sealed, and holds', async () => {
      const { whole, moments, bytes } = await lived();
      for (const known of [0, 1, 2]) {
        await storeOf().poke(whole.locator, bytes.subarray(0, (moments[2]?.indexedSize ?? 0) + 30));
        const keeper = moments[known]?.copy();
        if (keeper === undefined) throw new Error('there are such moments');
        adopt(keeper, await keeper.recover());
        await keeper.append([output(20, 'and on')]);
        await keeper.seal();
        expect(await keeper.verify()).toMatchObject({ ok: true });
        const texts = [];
        for (const row of keeper.rows) texts.push(...plain(decodeRun(await storeOf().recordings.read(row))));
        expect(texts).toEqual(plain([...chunks[0], ...chunks[1], output(20, 'and on')]));
      }
    });

    test('bytes that are no recording are set aside as they are', async () => {
      const keeper = new Keeper(storeOf().recordings);
      const garbage = Buffer.from('not a recording, whatever it is called');
      await storeOf().poke(keeper.locator, garbage);
      expect(await keeper.recover()).toMatchObject({ adopted: [], seal: null, quarantined: { bytes: garbage.length } });
      expect((await storeOf().quarantine()).some((file) => file.equals(garbage))).toBe(true);
      expect(await storeOf().recordings.size(keeper.locator)).toBeNull();
      await keeper.append(chunks[0]);
      expect(await keeper.verify()).toMatchObject({ ok: true });
    });

    test("another recording's bytes are not adopted", async () => {
      const { bytes } = await lived();
      const keeper = new Keeper(storeOf().recordings);
      await storeOf().poke(keeper.locator, bytes);
      expect(await keeper.recover()).toMatchObject({ adopted: [], seal: null, quarantined: { bytes: bytes.length } });
    });

    test('an object that is gone or too short is told as damage, and nothing is moved', async () => {
      const { whole, moments, bytes } = await lived();
      const [, , known] = moments;
      await storeOf().poke(whole.locator, bytes.subarray(0, 100));
      expect(await known?.recover()).toMatchObject({ ...nothing, damage: expect.stringContaining('has 100 bytes') });
      expect((await storeOf().peek(whole.locator))?.length).toBe(100);
      await storeOf().poke(whole.locator, null);
      expect(await known?.recover()).toMatchObject({ ...nothing, damage: 'file is missing' });
    });

    /** A chunk with a header that is right in itself, and lies about what follows. */
    const lying = async (
      keeper: Keeper,
      lie: object,
      events = chunks[1],
      chainBefore?: Uint8Array,
    ): Promise<Buffer> => {
      const msgpack = joinRun(1, [{ firstMs: 5, lastMs: 6, msgpack: encodeBatch(events) }]);
      const frame = await compressFrame(msgpack);
      const header = encodeChunkHeader(nodeCodecs, {
        firstEvent: 1,
        eventCount: 2,
        firstMs: 5,
        lastMs: 6,
        storedSize: frame.length,
        rawSize: msgpack.length,
        chainBefore: chainBefore ?? keeper.recording.headHash ?? new Uint8Array(32),
        frameHash: nodeCodecs.sha256(frame),
        ...lie,
      });
      return Buffer.concat([header.bytes, frame]);
    };

    test.each([
      ['nothing: it is adopted', {}, true],
      ['how many events it has', { eventCount: 3 }, false],
      ['how many events it has, fewer', { eventCount: 1 }, false],
      ['its first event', { firstEvent: 2 }, false],
      ['its size', { rawSize: 10 }, false],
      ['its size, more', { rawSize: 1000 }, false],
      ['its hash', { frameHash: new Uint8Array(32) }, false],
      ['when it begins', { firstMs: 4 }, false],
      ['when it ends', { lastMs: 60_000 }, false],
      ['what comes before it', { chainBefore: new Uint8Array(32) }, false],
    ])('a chunk that lies about %s', async (_what, lie, isAdopted) => {
      const keeper = new Keeper(storeOf().recordings);
      await keeper.append(chunks[0]);
      const bytes = (await storeOf().peek(keeper.locator)) ?? Buffer.alloc(0);
      const crafted = await lying(keeper, lie);
      await storeOf().poke(keeper.locator, Buffer.concat([bytes, crafted]));
      const found = await keeper.recover();
      expect(found.adopted).toHaveLength(isAdopted ? 1 : 0);
      expect(found.quarantined?.bytes ?? 0).toBe(isAdopted ? 0 : crafted.length);
    });
  });
};
