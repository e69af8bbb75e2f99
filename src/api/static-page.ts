import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import { takesCoding } from './accept-encoding.ts';
import { hasAlready } from './entity-tag.ts';

type Coding = 'zstd' | 'gzip' | 'identity';
type Bytes = Buffer<ArrayBuffer>;

/** The page in one coding: an entity of its own. */
type Coded = { readonly bytes: Bytes; readonly tag: string };

/** What browsers take of zstd: a window of 8 MiB (RFC 9659 section 3). */
const ZSTD_WINDOW_LOG = 23;
/** Beyond it, a page of megabytes takes seconds and gets hardly smaller. */
const ZSTD_LEVEL = 9;

const code: Readonly<Record<Coding, (bytes: Bytes) => Promise<Bytes>>> = {
  zstd: (bytes) =>
    promisify(zstdCompress)(bytes, {
      params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_windowLog]: ZSTD_WINDOW_LOG },
    }),
  gzip: promisify<Bytes, Bytes>(gzip),
  identity: async (bytes) => bytes,
};

const codingFor = (request: IncomingMessage): Coding =>
  (['zstd', 'gzip'] as const).find((coding) => takesCoding(request, coding)) ?? 'identity';

/**
 * A page that is the same for everybody for as long as the server runs. It is made when somebody first asks, and brought into
 * each coding once, off the main thread; whoever has it already is told so.
 */
export class StaticPage {
  readonly #make: () => Promise<Bytes>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #coded = new Map<Coding, Promise<Coded>>();

  /** @param make gives the page as it is without a coding @param headers of every answer that has it */
  constructor(make: () => Promise<Bytes>, headers: Readonly<Record<string, string>>) {
    this.#make = make;
    this.#headers = headers;
  }

  /** Answers a GET or HEAD. */
  async send(response: ServerResponse): Promise<void> {
    const coding = codingFor(response.req);
    const { bytes, tag } = await this.#in(coding);
    // Kept, and asked about each time: another version of this server has another page.
    response.setHeader('cache-control', 'no-cache');
    response.setHeader('etag', tag);
    // The path is also that of answers to programs.
    response.appendHeader('vary', ['accept', 'accept-encoding']);
    if (hasAlready(response.req, tag)) {
      response.writeHead(304).end();
      return;
    }
    if (coding !== 'identity') response.setHeader('content-encoding', coding);
    response.writeHead(200, { ...this.#headers, 'content-length': bytes.length });
    response.end(response.req.method === 'HEAD' ? undefined : bytes);
  }

  #in(coding: Coding): Promise<Coded> {
    const known = this.#coded.get(coding);
    if (known !== undefined) return known;
    const coded = this.#bring(coding);
    this.#coded.set(coding, coded);
    return coded;
  }

  async #bring(coding: Coding): Promise<Coded> {
    const plain = coding === 'identity' ? await this.#make() : (await this.#in('identity')).bytes;
    const bytes = await code[coding](plain);
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    return { bytes, tag: `"${Buffer.from(digest).toString('base64url')}"` };
  }
}
