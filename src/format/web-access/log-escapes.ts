const escape = /\\(?:x([0-9a-fA-F]{2})|(.))/gs;

const named: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v' };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A text as it was before a web server wrote it to its log: nginx and Apache write quotes, control characters and all bytes
 * beyond ASCII as \xHH, and some as \n or \". Where the bytes are no UTF-8 it stays as it was written.
 */
export const unescapeLogText = (text: string): string => {
  if (!text.includes('\\')) return text;
  const bytes: Uint8Array[] = [];
  let end = 0;
  for (const match of text.matchAll(escape)) {
    const [whole, hex, character = ''] = match;
    bytes.push(encoder.encode(text.slice(end, match.index)));
    if (hex === undefined) bytes.push(encoder.encode(named[character] ?? character));
    else bytes.push(Uint8Array.of(Number.parseInt(hex, 16)));
    end = match.index + whole.length;
  }
  bytes.push(encoder.encode(text.slice(end)));
  try {
    return decoder.decode(joined(bytes));
  } catch {
    return text;
  }
};

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};
