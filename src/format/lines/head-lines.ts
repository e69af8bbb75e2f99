const decoder = new TextDecoder();

/** Lines of a file's head that are looked at. */
const LINES_MAX = 40;

/** The first lines of a file's head that are not blank; the last, which may be cut, is among them only where it is the only one. */
export const headLines = (bytes: Uint8Array, linesMax = LINES_MAX): readonly string[] => {
  const lines = decoder
    .decode(bytes)
    .replace(/^\ufeff/, '')
    .split(/\r?\n/);
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
  const isEnded = lines.length > 1 && bytes.length < 64 * 1024;
  return [...whole, ...(isEnded ? lines.slice(-1) : [])].filter((line) => line.trim() !== '').slice(0, linesMax);
};
