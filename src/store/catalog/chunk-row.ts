/** Where a closed chunk is, and what it must be. */
export type ChunkRow = {
  readonly firstEvent: number;
  readonly eventCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Msgpack bytes. */
  readonly rawSize: number;
  /** Bytes of the zstd frame. */
  readonly storedSize: number;
  /** Says to the Recordings port where the bytes are; opaque to all others. */
  readonly locator: string;
  /** SHA-256 of the stored zstd frame. */
  readonly frameHash: Uint8Array;
  /** Chain hash after this chunk. */
  readonly chainHash: Uint8Array;
};
