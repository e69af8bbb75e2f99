import { statfs } from 'node:fs/promises';
import { DISK_RESERVE_BYTES, DISK_RESERVE_PARTS } from '../model/limits.ts';

const LOOK_EVERY_MS = 5000;

/**
 * Watches how much room the data folder's disk has. Below the reserve (DISK_RESERVE_BYTES, or DISK_RESERVE_PARTS of a disk
 * so small that this is less) no new recording may begin, so that running ones can go on.
 */
export class DiskSpace implements Disposable {
  readonly #folder: string;
  readonly #timer: NodeJS.Timeout;
  #shortage: string | null = null;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  static async watch(folder: string): Promise<DiskSpace> {
    const space = new DiskSpace(folder);
    await space.look();
    return space;
  }

  /** Why no new recording may begin; null when it may. As of the last look, at most 5 s ago. */
  get shortage(): string | null {
    return this.#shortage;
  }

  async look(): Promise<void> {
    try {
      const { bavail, bsize, blocks } = await statfs(this.#folder);
      const free = bavail * bsize;
      const reserve = Math.min(DISK_RESERVE_BYTES, blocks * bsize * DISK_RESERVE_PARTS);
      this.#shortage =
        free >= reserve
          ? null
          : `the disk has ${megabytes(free)} MiB free, below its reserve of ${megabytes(reserve)} MiB`;
    } catch (error) {
      this.#shortage = `the disk's free space cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

const megabytes = (bytes: number): number => Math.floor(bytes / 1024 / 1024);
