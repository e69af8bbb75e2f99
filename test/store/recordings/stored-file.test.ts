import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeMulti } from '@msgpack/msgpack';
import { type Zstd, ZstdCodec } from 'zstd-codec';
import { zstdDecompressSync } from 'node:zlib';
import { decodeRun } from '../../../src/format/run-events.ts';
import { seesAll } from '../../../src/model/access.ts';
import { openAsciicast } from '../../../src/format/asciicast/asciicast-reader.ts';
import { corpusDir, corpusTest, toolTest } from '../../require.ts';
import { type Feed, noise, openFeed, output, plain, producer, seal } from '../feeding.ts';
import { openFolder, type OpenedFolder, recordingsPathOf } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';
import { checkParts, partsOf } from './stored-parts.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const pathOf = async (feed: Feed): Promise<string> => {
  const locator = await opened.catalog.locator(seesAll, feed.recordingId);
  return path.join(recordingsPathOf(folder.path), locator ?? '');
};

/** Feeds a recording, and hands its file out after each step of its life: each chunk, and the seal. */
async function* life(): AsyncGenerator<
  { readonly feed: Feed; readonly file: string; readonly step: string },
  void,
  void
> {
  const feed = await openFeed(opened);
  for (let chunk = 0; chunk < 3; chunk += 1) {
    await feed.append(
      output(chunk * 100, noise(150_000, chunk + 1)),
      output(chunk * 100 + 50, noise(150_000, chunk + 7)),
    );
    await feed.append({ timeMs: chunk * 100 + 60, code: 'r', payload: [100, 40 + chunk] });
    await opened.closer.settled();
    yield { feed, file: await pathOf(feed), step: `chunk ${chunk}` };
  }
  await seal(opened, feed);
  yield { feed, file: await pathOf(feed), step: 'seal' };
}

describe('a stored file, at each step of its life', () => {
  toolTest('zstd')('passes zstd -t, and zstd -dc prints one msgpack stream of what was acknowledged', async () => {
    for await (const { feed, file, step } of life()) {
      execFileSync('zstd', ['-tq', file]);
      const stream = execFileSync('zstd', ['-dcq', file], { maxBuffer: 1e8 });
      const codes = [...decodeMulti(stream)].map((tuple) => (tuple as unknown[])[1]);
      expect(codes[0]).toBe('header');
      expect(codes.filter((code) => code === '@').length).toBe(partsOf(readFileSync(file)).chunkHeaders.length);
      expect(codes.at(-1) === 'seal').toBe(step === 'seal');
      const stored = decodeRun(stream);
      expect(plain(stored)).toEqual(plain(feed.ledger.slice(0, stored.length)));
      if (step === 'seal') expect(stored).toHaveLength(feed.ledger.length);
    }
  });

  test('holds by node:crypto alone: checksums, chain, signature and seek table', async () => {
    const { publicKey } = await opened.catalog.signingKey();
    for await (const { file } of life()) {
      const bytes = readFileSync(file);
      checkParts(bytes, publicKey);
      const changed = Buffer.from(bytes);
      const at = Math.floor(bytes.length / 2);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => checkParts(changed, publicKey)).toThrow();
    }
  });

  test('has frames that zstd-codec unpacks each by itself, to the same bytes as Node', async () => {
    const zstd = await new Promise<Zstd>((resolve) => void ZstdCodec.run(resolve));
    const simple = new zstd.Simple();
    for await (const { file } of life()) {
      for (const frame of partsOf(readFileSync(file)).frames) {
        const unpacked = simple.decompress(frame);
        expect(unpacked !== null && zstdDecompressSync(frame).equals(unpacked)).toBe(true);
      }
    }
  });

  test('is for this user only: files 0600, folders 0700', async () => {
    for await (const { file } of life()) expect(statSync(file).mode & 0o777).toBe(0o600);
    const root = recordingsPathOf(folder.path);
    const entries = readdirSync(root, { recursive: true, withFileTypes: true });
    const folders = entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(entry.parentPath, entry.name));
    expect(folders.length).toBeGreaterThanOrEqual(3);
    expect(folders.map((each) => statSync(each).mode & 0o777)).toEqual(folders.map(() => 0o700));
    expect(entries.filter((entry) => entry.name.endsWith('.new'))).toEqual([]);
  });

  test('lies in the folder of the day on which its session began, and says whose it is', async () => {
    const feed = await openFeed(opened, { startedAtMs: Date.UTC(2025, 11, 31, 23, 59, 59, 999) });
    await seal(opened, feed);
    const file = await pathOf(feed);
    expect(file).toContain(path.join('2025', '12', '31', `${feed.recordingId}.rec.zst`));
    const [header] = partsOf(readFileSync(file)).frames;
    const [tuple] = decodeMulti(zstdDecompressSync(header ?? Buffer.alloc(0)));
    expect(tuple).toMatchObject([
      0,
      'header',
      { recordingId: feed.recordingId, session: { producer: producer.producer } },
    ]);
    checkParts(readFileSync(file), (await opened.catalog.signingKey()).publicKey);
  });
});

corpusTest('real recordings are stored and unpacked as they were', async () => {
  const { publicKey } = await opened.catalog.signingKey();
  for (const name of ['asciinema__asciinema-server/priv__welcome.cast', 'rraval__git-nomad/asciinema.cast']) {
    await using reader = await openAsciicast([readFileSync(path.join(corpusDir ?? '', 'cast', name))]);
    const feed = await openFeed(opened);
    for await (const group of reader.groups()) if (group.length > 0) await feed.append(...group);
    await seal(opened, feed);
    const bytes = readFileSync(await pathOf(feed));
    checkParts(bytes, publicKey);
    writeFileSync(path.join(folder.path, 'copy'), bytes);
    expect(plain(decodeRun(zstdDecompressSync(bytes)))).toEqual(plain(feed.ledger));
  }
});
