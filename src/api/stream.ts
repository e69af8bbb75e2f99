import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

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
    for await (const piece of pieces) {
      if (gone.aborted) break;
      if (!response.write(piece)) await once(response, 'drain', { signal: gone });
    }
  } catch (error) {
    // Whoever waits or reads for a client that has gone is told so, in many ways.
    if (!gone.aborted) throw error;
  }
  if (gone.aborted) response.destroy();
  else response.end();
};
