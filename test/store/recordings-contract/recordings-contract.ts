import { generateKeyPairSync } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeRun } from '../../../src/format/run-events.ts';
import { CHUNK_BYTES_MAX } from '../../../src/model/limits.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import { DamagedChunk, MissingRecording, type Recordings } from '../../../src/store/recordings/recordings.ts';
import { newRecordingId, noise, output, plain } from '../feeding.ts';
import { testStartMs } from '../opened-folder.ts';
import { recoveryContract } from './recovery-contract.ts';
import { Keeper, type OpenRecordings, type RecordingsStore } from './subject.ts';

const first = [output(0, 'one'), output(5, 'two')];
const second = [output(7, 'three'), { timeMs: 9, code: 'r', payload: [100, 30] }];

/** Tests every MUST of the Recordings port against an implementation of it. */
export const recordingsContract = (implementation: string, open: OpenRecordings): void => {
  describe(`recordings: ${implementation}`, () => {
    let store: RecordingsStore;
    let recordings: Recordings;
    beforeAll(async () => {
      store = await open();
      ({ recordings } = store);
    });
    afterAll(() => store[Symbol.asyncDispose]());

    const kept = async (...chunks: readonly (readonly RecordedEvent[])[]): Promise<Keeper> => {
      const keeper = new Keeper(recordings);
      for (const events of chunks) await keeper.append(events);
      return keeper;
    };
    const bytesOf = async ({ locator }: Keeper): Promise<Buffer> => {
      const bytes = await store.peek(locator);
      if (bytes === null) throw new Error('there is no such object');
      return bytes;
    };

    describe('appending', () => {
      test('keeps chunks that are read back as they were', async () => {
        const keeper = await kept(first, second);
        const [one, two] = keeper.rows;
        if (one === undefined || two === undefined) throw new Error('two were appended');
        expect(
          [one, two].map(({ firstEvent, eventCount, firstMs, lastMs }) => [firstEvent, eventCount, firstMs, lastMs]),
        ).toEqual([
          [0, 2, 0, 5],
          [2, 2, 7, 9],
        ]);
        expect(plain(decodeRun(await recordings.read(one)))).toEqual(plain(first));
        expect(plain(decodeRun(await recordings.read(two)))).toEqual(plain(second));
        expect((await recordings.read(two)).length).toBe(two.rawSize);
        expect(await recordings.size(keeper.locator)).toBe(keeper.indexedSize);
      });

      test('adds to what is there, and changes none of it', async () => {
        const keeper = await kept(first);
        const before = await bytesOf(keeper);
        await keeper.append(second);
        const after = await bytesOf(keeper);
        expect(after.subarray(0, before.length).equals(before)).toBe(true);
        await keeper.seal();
        expect((await bytesOf(keeper)).subarray(0, after.length).equals(after)).toBe(true);
      });

      test('to an object that is not as long as is known fails, and leaves it as it was', async () => {
        const longer = await kept(first);
        const bytes = Buffer.concat([await bytesOf(longer), Buffer.from('?')]);
        await store.poke(longer.locator, bytes);
        await expect(longer.append(second)).rejects.toThrow(`${bytes.length} bytes`);
        await expect(longer.seal()).rejects.toThrow();
        expect((await bytesOf(longer)).equals(bytes)).toBe(true);
        const unknown = new Keeper(recordings);
        await store.poke(unknown.locator, bytes);
        await expect(unknown.append(first)).rejects.toThrow(`${bytes.length} bytes`);
        await expect(unknown.seal()).rejects.toThrow();
        expect((await bytesOf(unknown)).equals(bytes)).toBe(true);
      });

      test('chains each chunk to the one before it', async () => {
        const keeper = await kept(first, second);
        const other = await kept(first, second);
        expect(keeper.rows.map(({ chainHash }) => chainHash)).not.toEqual(other.rows.map(({ chainHash }) => chainHash));
        expect(
          Buffer.compare(keeper.recording.headHash ?? new Uint8Array(), keeper.rows[1]?.chainHash ?? new Uint8Array()),
        ).toBe(0);
      });

      test('takes a chunk as large as one may be, and none that is larger', async () => {
        const bytes = CHUNK_BYTES_MAX - 64;
        const msgpack = Buffer.concat([Buffer.from([0x93, 0, 0xa1, 0x40, 0]), Buffer.alloc(bytes, 0xc0)]);
        const keeper = new Keeper(recordings);
        const chunk = { firstEvent: 0, eventCount: 1, firstMs: 0, lastMs: 0 };
        const { row } = await recordings.append(keeper, { ...chunk, msgpack });
        expect((await recordings.read(row)).length).toBe(msgpack.length);
        const tooLarge = new Uint8Array(CHUNK_BYTES_MAX + 1);
        await expect(recordings.append(new Keeper(recordings), { ...chunk, msgpack: tooLarge })).rejects.toThrow();
      });
    });

    describe('reading', () => {
      test('a chunk with any byte changed is a DamagedChunk that names its first event', async () => {
        const keeper = await kept(first, second);
        const whole = await bytesOf(keeper);
        const [, row] = keeper.rows;
        if (row === undefined) throw new Error('two were appended');
        for (let at = whole.length - row.storedSize; at < whole.length; at += 1) {
          await store.poke(keeper.locator, whole.with(at, (whole[at] ?? 0) ^ 0x10));
          const reading = recordings.read(row);
          await expect(reading).rejects.toThrow(DamagedChunk);
          await expect(reading).rejects.toMatchObject({ firstEvent: 2 });
        }
        await store.poke(keeper.locator, whole.subarray(0, -1));
        await expect(recordings.read(row)).rejects.toThrow(DamagedChunk);
      });

      test('an object that is gone is a MissingRecording, and has no size', async () => {
        const keeper = await kept(first);
        await store.poke(keeper.locator, null);
        const [row] = keeper.rows;
        await expect(row === undefined ? null : recordings.read(row)).rejects.toThrow(MissingRecording);
        await expect(recordings.stored(keeper.locator, 0, 1)[Symbol.asyncIterator]().next()).rejects.toThrow(
          MissingRecording,
        );
        expect(await recordings.size(keeper.locator)).toBeNull();
        expect(await keeper.verify()).toMatchObject({ ok: false, badFromEvent: 0, message: 'file is missing' });
      });

      test('the object as stored comes in pieces of at most 256 KiB, from any byte to any other', async () => {
        const keeper = await kept([output(0, noise(400_000, 3)), output(0, noise(400_000, 5))]);
        const whole = await bytesOf(keeper);
        expect(whole.length).toBeGreaterThan(520_000);
        for (const [start, end] of [
          [0, whole.length],
          [0, 0],
          [17, 17],
          [1, 300_000],
          [262_144, 262_145],
        ] as const) {
          const pieces: Uint8Array[] = [];
          for await (const piece of recordings.stored(keeper.locator, start, end)) pieces.push(piece);
          expect(pieces.every(({ length }) => length <= 256 * 1024)).toBe(true);
          expect(Buffer.concat(pieces).equals(whole.subarray(start, end))).toBe(true);
        }
      });
    });

    describe('sealing and verifying', () => {
      test('a recording holds at each moment of its life', async () => {
        const keeper = await kept(first);
        expect(await keeper.verify()).toMatchObject({ ok: true, badFromEvent: null });
        await keeper.append(second);
        expect(await keeper.verify()).toMatchObject({ ok: true });
        expect(await keeper.seal()).toMatchObject({ state: 'COMPLETE', stateReason: null });
        expect(await keeper.verify()).toMatchObject({ ok: true });
      });

      test('a recording without events is sealed too', async () => {
        const keeper = new Keeper(recordings);
        const { indexedSize, signature } = await keeper.seal({ state: 'PARTIAL', stateReason: 'nothing came' });
        expect(signature).toHaveLength(64);
        expect(await recordings.size(keeper.locator)).toBe(indexedSize);
        expect(await keeper.verify()).toMatchObject({ ok: true });
      });

      test('a byte changed anywhere is found, and which event it is in is told', async () => {
        const keeper = await kept(first, second);
        await keeper.seal();
        const whole = await bytesOf(keeper);
        const content = zstdDecompressSync(whole);
        const badFrom: (number | null)[] = [];
        for (let at = 0; at < whole.length; at += 3) {
          const changed = whole.with(at, (whole[at] ?? 0) ^ 0x01);
          await store.poke(keeper.locator, changed);
          const verdict = await keeper.verify();
          // The seal is vouched for by what it says: zstd has a few bits that say nothing.
          if (verdict.ok) expect(zstdDecompressSync(changed).equals(content)).toBe(true);
          else badFrom.push(verdict.badFromEvent);
        }
        expect(badFrom.length).toBeGreaterThan(whole.length / 3 - 10);
        // The header and the first chunk, the second chunk, the seal and its table: in this order, each without a hole.
        expect(badFrom.filter((event, at) => at === 0 || event !== badFrom[at - 1])).toEqual([0, 2, null]);
        await store.poke(keeper.locator, whole);
        expect(await keeper.verify()).toMatchObject({ ok: true });
      });

      test('an object that is cut anywhere, or goes on beyond its end, does not hold', async () => {
        const keeper = await kept(first, second);
        await keeper.seal();
        const whole = await bytesOf(keeper);
        for (let size = 0; size < whole.length; size += 7) {
          await store.poke(keeper.locator, whole.subarray(0, size));
          expect([size, (await keeper.verify()).ok]).toEqual([size, false]);
        }
        await store.poke(keeper.locator, Buffer.concat([whole, Buffer.of(0)]));
        expect((await keeper.verify()).ok).toBe(false);
      });

      test("another recording's bytes, or the seal of another key, do not hold", async () => {
        const keeper = await kept(first);
        await keeper.seal();
        const other = await kept(first);
        await other.seal();
        await store.poke(keeper.locator, await bytesOf(other));
        expect((await keeper.verify()).ok).toBe(false);
        const foreign = await kept(first);
        await foreign.seal({ key: { ...foreignKey(), keyId: '0011223344556677' } });
        expect(await foreign.verify()).toMatchObject({ ok: false, message: 'the seal does not hold' });
      });

      test('what is damaged when it is sealed is sealed as CORRUPT', async () => {
        const keeper = await kept(first, second);
        const whole = await bytesOf(keeper);
        const [one] = keeper.rows;
        const header = whole.indexOf(Buffer.from(one?.chainHash ?? []));
        await store.poke(keeper.locator, whole.with(header, (whole[header] ?? 0) ^ 1));
        expect(await keeper.seal()).toMatchObject({
          state: 'CORRUPT',
          stateReason: expect.stringContaining('no longer hold'),
        });
      });
    });

    test('a place is chosen once, by the day and the id alone', () => {
      const recordingId = newRecordingId();
      const place = recordings.locate(recordingId, testStartMs);
      expect(recordings.locate(recordingId, testStartMs + 1000)).toBe(place);
      expect(place).toContain(recordingId);
      expect(recordings.locate(newRecordingId(), testStartMs)).not.toBe(place);
    });

    recoveryContract(() => store);
  });
};

const foreignKey = (): { publicKey: Uint8Array; privateKey: Uint8Array } => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
};
