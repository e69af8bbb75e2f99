import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/**
 * Sends pieces as fast as the client takes them: the next one is read when the one before has left. Stops reading when the
 * client goes or the server stops, and then breaks the answer off.
 */
export const sendPieces = async (
  response: ServerResponse,
  pieces: AsyncIterable<Uint8Array | string>,
  gone: AbortSignal,
): Promise<void> => {
  try {
    await pipeline(pieces, response, { signal: gone });
  } catch (error) {
    // Whoever reads for a client that has gone is told so, in one way or another.
    if (!gone.aborted) throw error;
    response.destroy();
  }
};
