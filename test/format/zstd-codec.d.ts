/** The part of zstd-codec that tests use. */
declare module 'zstd-codec' {
  export type Zstd = {
    readonly Simple: new () => {
      /** Null when it cannot: it never throws. */
      decompress(frame: Uint8Array): Uint8Array | null;
    };
  };
  export const ZstdCodec: { run(use: (zstd: Zstd) => void): void };
}
