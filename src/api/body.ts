import type { IncomingMessage } from 'node:http';
import { InvalidInput } from '../model/errors.ts';
import { HttpError } from './http-error.ts';

export const tooLarge = (bytesMax: number): HttpError =>
  new HttpError(413, 'PAYLOAD_TOO_LARGE', `the body must have at most ${bytesMax} bytes`);

/** Content-Encoding in lower case; `identity` when there is none. */
export const encodingOf = (request: IncomingMessage): string =>
  (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();

/** The media type without its parameters, in lower case. */
const mediaTypeOf = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/**
 * Every body here has a type that no form of another site can send without asking first: which is what keeps other sites
 * from acting in a user's name.
 * @returns which of the types it has. @throws HttpError 415
 */
export const mustHaveType = <MediaType extends string>(
  request: IncomingMessage,
  ...mediaTypes: readonly MediaType[]
): MediaType => {
  const given = mediaTypeOf(request);
  const found = mediaTypes.find((mediaType) => mediaType === given);
  if (found !== undefined) return found;
  throw new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', `the body must be ${mediaTypes.join(' or ')}`, {
    accept: mediaTypes.join(', '),
  });
};

/** The whole body. @throws HttpError 413 when it has more than bytesMax, and no more of it is read then */
export const readBody = async (request: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const pieces: Buffer[] = [];
  let size = 0;
  // NOTE: leaving a loop over the stream would destroy the connection before the answer is out.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= bytesMax) {
        pieces.push(piece);
        return;
      }
      request.removeAllListeners('data');
      request.pause();
      reject(tooLarge(bytesMax));
    });
    request.once('end', resolve);
    request.once('close', () => {
      // NOTE an error that nobody hears of costs its stack trace, for every request.
      if (!request.complete) reject(new HttpError(400, 'BAD_REQUEST', 'the body ended early'));
    });
    request.once('error', reject);
  });
  return Buffer.concat(pieces, size);
};

/** @throws HttpError 413, 415, InvalidInput naming the body when it is not JSON */
export const readJsonBody = async (request: IncomingMessage, bytesMax: number): Promise<unknown> => {
  mustHaveType(request, 'application/json');
  const body = await readBody(request, bytesMax);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new InvalidInput('body', 'the body is not JSON');
  }
};
