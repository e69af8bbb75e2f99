// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Text that somebody else chose, for a person's terminal: control characters and those that reorder text are written out,
 * so that a name can neither move the cursor nor pretend to be another line.
 */
export const printable = (text: string): string =>
  text.replaceAll(unsafe, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** The same within JSON text, which stays what it says: only inside of strings are there such characters. */
export const printableJson = (json: string): string =>
  json.replaceAll(unsafe, (character) =>
    character === '\n' ? character : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
