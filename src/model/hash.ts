/** What pure rooms are handed for hashing: node:crypto on a server, another one in a browser. */
export type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array;
