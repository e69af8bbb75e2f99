import { createWriteStream, existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type DataFolder, dataFolderAt } from '../../src/cli/data-folder.ts';
import { castLines } from './terminal-data.ts';

/** What a bench is asked. */
export type BenchOptions = {
  readonly rounds: number;
  readonly scale: 'small' | 'full';
  /** Sessions of the large history, where one is asked for; null: what the scale says. */
  readonly rows: number | null;
  readonly tell: (line: string) => void;
};

/** A bench prints Markdown: its tables. */
export type Bench = (options: BenchOptions) => Promise<string>;

export const SEED = 20_260_101;
export const MB = 1_000_000;

/** A folder for one bench, deleted at its end. */
export class BenchRoom implements AsyncDisposable {
  readonly path: string;
  readonly data: DataFolder;

  private constructor(folder: string) {
    this.path = folder;
    this.data = dataFolderAt(path.join(folder, 'data'));
  }

  static async open(): Promise<BenchRoom> {
    return new BenchRoom(await mkdtemp(path.join(tmpdir(), 'reeltime-bench-')));
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  /** A terminal recording with that many bytes of output. */
  async writeCast(name: string, rawBytes: number): Promise<string> {
    const file = this.file(name);
    await pipeline(Readable.from(castLines(SEED, rawBytes)), createWriteStream(file));
    return file;
  }

  /** Resolves when the server has made its daily copy of the catalog, soon after its start. */
  async dailyCopy(): Promise<void> {
    const isCopy = (name: string): boolean => /^catalog-\w+\.db$/.test(name);
    while (!existsSync(this.data.copies) || !readdirSync(this.data.copies).some(isCopy)) await sleep(200);
  }

  /** Made by the server on its first start. */
  async adminToken(): Promise<string> {
    return (await readFile(this.data.adminToken, 'utf8')).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
