import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { constants, gunzip, zstdDecompress } from 'node:zlib';
import { zstdFrameSize } from '../../format/zstd-frame.ts';
import { InvalidInput } from '../../model/errors.ts';
import { ZSTD_WINDOW_LOG_MAX } from '../../model/limits.ts';
import { encodingOf, readBody, tooLarge } from '../body.ts';
import { HttpError } from '../http-error.ts';

const unzstd = promisify(zstdDecompress);
const ungzip = promisify(gunzip);

const mustBeKnown = (encoding: string): void => {
  if (['identity', 'zstd', 'gzip', 'x-gzip'].includes(encoding)) return;
  const message = 'the body must have Content-Encoding zstd or gzip, or none';
  throw new HttpError(415, 'UNSUPPORTED_CONTENT_ENCODING', message, { 'accept-encoding': 'zstd, gzip' });
};

/** NOTE: zlib passes over what follows a zstd frame, and takes a torn one whose content is whole. */
const mustBeOneFrame = (body: Buffer): void => {
  if (zstdFrameSize(body) !== body.length) throw new InvalidInput('body', 'the body is not one whole zstd frame');
};

const unpack = (body: Buffer, encoding: string, bytesMax: number): Promise<Buffer> => {
  if (encoding !== 'zstd') return ungzip(body, { maxOutputLength: bytesMax });
  mustBeOneFrame(body);
  return unzstd(body, {
    params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
    maxOutputLength: bytesMax,
  });
};

/**
 * The whole body, unpacked, off the event loop. Unpacking stops at the first byte beyond bytesMax, whatever the body claims.
 * @throws HttpError 413, 415; InvalidInput naming the body when it is damaged
 */
export const readUnpackedBody = async (request: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  const encoding = encodingOf(request);
  mustBeKnown(encoding);
  const body = await readBody(request, bytesMax);
  if (encoding === 'identity') return body;
  try {
    return await unpack(body, encoding, bytesMax);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax);
    throw new InvalidInput('body', `the body is not ${encoding}, or is damaged`);
  }
};
