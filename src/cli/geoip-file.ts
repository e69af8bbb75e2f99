import { readFileSync, statSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { Reader } from 'mmdb-lib';
import type { Log } from '../api/parts.ts';
import { locationOfRecord } from '../format/geoip/location-of-record.ts';
import type { Location } from '../model/session.ts';
import { UsageError } from './exit-code.ts';

type Record = Parameters<typeof locationOfRecord>[0] & object;

/** A file of this size is read into memory whole: the largest that are known have some 150 MB. */
const FILE_BYTES_MAX = 1024 * 1024 * 1024;
/** How often it is looked whether a file is another one. */
const LOOK_EVERY_MS = 5_000;

/**
 * One MaxMind file (https://maxmind.github.io/MaxMind-DB/), in memory, and read again when it changes. One that cannot be read
 * then leaves the one before in use.
 */
export class GeoipFile implements Disposable {
  readonly #path: string;
  readonly #log: Log;
  readonly #looking: NodeJS.Timeout;
  /** Of the file that was read last, whatever became of it. */
  #mark: string;
  #reader: Reader<Record>;

  /** @throws UsageError when it is no such file */
  constructor(path: string, log: Log, lookEveryMs = LOOK_EVERY_MS) {
    this.#path = path;
    this.#log = log;
    try {
      // NOTE before it is read: one that is replaced meanwhile is another one at the next look.
      this.#mark = markOf(path);
      this.#reader = readGeoip(path);
    } catch (error) {
      throw new UsageError(`--geoip ${path}: ${reasonOf(error)}`);
    }
    this.#looking = setInterval(() => this.#look(), lookEveryMs).unref();
  }

  /** What kind of file it is, and of when. */
  get description(): { readonly path: string; readonly type: string; readonly builtAt: Date } {
    const { databaseType, buildEpoch } = this.#reader.metadata;
    return { path: this.#path, type: databaseType, builtAt: buildEpoch };
  }

  /** Null when the file knows nothing of the address. */
  locate(ip: string): Location | null {
    // NOTE a file of IPv4 answers for an IPv6 address too, with some other place.
    if (isIPv6(ip) && this.#reader.metadata.ipVersion === 4) return null;
    return locationOfRecord(this.#reader.get(ip));
  }

  #look(): void {
    try {
      const mark = markOf(this.#path);
      if (mark === this.#mark) return;
      this.#mark = mark;
      this.#reader = readGeoip(this.#path);
      this.#log('info', 'the GeoIP file changed, and was read again', this.description);
    } catch (error) {
      if (isMissing(error)) return;
      this.#log('warn', 'the GeoIP file changed and cannot be read: the one before stays in use', {
        path: this.#path,
        reason: reasonOf(error),
      });
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking);
  }
}

/** Other files, and other contents, have other ones. */
const markOf = (path: string): string => {
  const { ino, size, mtimeMs } = statSync(path);
  return `${ino} ${size} ${mtimeMs}`;
};

/** Between the old file and the new one there may be none. */
const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws what is wrong with it, for people */
const readGeoip = (path: string): Reader<Record> => {
  const { size } = statSync(path);
  if (size > FILE_BYTES_MAX) throw new Error(`it may have at most ${FILE_BYTES_MAX} bytes, and has ${size}`);
  const bytes = readFileSync(path);
  let reader: Reader<Record>;
  try {
    reader = new Reader<Record>(bytes);
    const { binaryFormatMajorVersion, ipVersion } = reader.metadata;
    if (binaryFormatMajorVersion !== 2 || (ipVersion !== 4 && ipVersion !== 6)) throw new Error('of another version');
    // The whole tree is not looked through; one look finds a file that was cut.
    reader.get('8.8.8.8');
  } catch (error) {
    throw new Error('it is no MaxMind file of format 2', { cause: error });
  }
  return reader;
};
