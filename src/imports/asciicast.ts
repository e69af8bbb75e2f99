import type { KnownFormat } from './import-format.ts';
import type { FileHead } from './import-source.ts';
import { importAsciicast } from './import-asciicast.ts';

/** A format of which a file is one session, and which is read to its end before anything of it is opened. */
export type WholeFormat = KnownFormat & { readonly importWhole: typeof importAsciicast };

const decoder = new TextDecoder();

/** A JSON object that says early that it has a version, which is a number. */
const headPattern = /^\ufeff?\s*\{[^\0]{0,8192}?"version"\s*:\s*\d/;

export const asciicastFormat: WholeFormat = {
  name: 'asciicast',
  title: 'asciicast (versions 1, 2, 3)',
  recognises: ({ name, bytes }: FileHead) =>
    /\.cast(?:\.gz|\.zst|\.bz2)?$/i.test(name) || headPattern.test(decoder.decode(bytes)),
  importWhole: importAsciicast,
};
