import { pipeline } from 'node:stream/promises';
import { constants, createZstdDecompress } from 'node:zlib';
import { CHUNK_BYTES_TARGET, ZSTD_WINDOW_LOG_MAX } from '../../model/limits.ts';

/**
 * The msgpack stream that stored pieces hold, frame after frame: what `zstd -dc` prints. In pieces, unpacked as they are
 * asked for, so that memory stays bounded however much there is. Leaving the loop over it stops the reading.
 * @throws the decoder's error at the first byte that is damaged, after what comes before it
 */
export async function* unpacked(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const zstd = createZstdDecompress({
    chunkSize: CHUNK_BYTES_TARGET,
    params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
  });
  const fed = pipeline(pieces, zstd);
  fed.catch((error: Error) => zstd.destroy(error));
  try {
    yield* zstd as AsyncIterable<Uint8Array>;
    await fed;
  } finally {
    zstd.destroy();
  }
}
