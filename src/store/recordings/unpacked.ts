import { constants, createZstdDecompress } from 'node:zlib';
import { ZSTD_WINDOW_LOG_MAX } from '../../model/limits.ts';

/**
 * The msgpack stream that stored pieces hold, frame after frame: what `zstd -dc` prints. In pieces, unpacked as they are
 * asked for, so that memory stays bounded however much there is. Leaving the loop over it stops the reading.
 * @throws the decoder's error at the first byte that is damaged, after what comes before it
 */
export async function* unpacked(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const zstd = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } });
  const feed = async (): Promise<void> => {
    for await (const piece of pieces) {
      if (zstd.destroyed) return;
      if (!zstd.write(piece)) await new Promise((resolve) => void zstd.once('drain', resolve).once('close', resolve));
    }
    zstd.end();
  };
  feed().catch((error: unknown) => zstd.destroy(error instanceof Error ? error : new Error(String(error))));
  yield* zstd as AsyncIterable<Uint8Array>;
}
