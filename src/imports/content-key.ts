import type { ImportGiven } from './import-format.ts';
import type { ImportSource } from './import-source.ts';

/** The key of a session that is one file, or several together: a hash of what is in them, in this order. Reads each once. */
export const contentKey = async (
  sources: readonly ImportSource[],
  { newHash, signal }: Pick<ImportGiven, 'newHash' | 'signal'>,
): Promise<string> => {
  const whole = newHash();
  for (const source of sources) {
    const hash = newHash();
    for await (const piece of source.open()) {
      signal.throwIfAborted();
      hash.update(piece);
    }
    // Each file's own hash: where one ends and the next begins is part of the content.
    whole.update(hash.digest());
  }
  return [...whole.digest()].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};
