import { HEAD_BYTES_MAX, type ImportSource } from './import-source.ts';

/** The first bytes of a file: at most HEAD_BYTES_MAX. */
export const readHead = async (source: ImportSource): Promise<Uint8Array> => {
  const head = new Uint8Array(HEAD_BYTES_MAX);
  let size = 0;
  for await (const piece of source.open()) {
    const part = piece.subarray(0, HEAD_BYTES_MAX - size);
    head.set(part, size);
    size += part.length;
    if (size === HEAD_BYTES_MAX) break;
  }
  return head.subarray(0, size);
};

/** A small file as a text: null when it has more than HEAD_BYTES_MAX - 1. Ill-formed UTF-8 is U+FFFD. */
export const readSmallText = async (source: ImportSource): Promise<string | null> => {
  const bytes = await readHead(source);
  return bytes.length === HEAD_BYTES_MAX ? null : new TextDecoder().decode(bytes);
};
