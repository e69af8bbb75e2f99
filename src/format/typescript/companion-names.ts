const compressions = ['', '.gz', '.bz2', '.zst'];
const outputEndings = ['', '.log', '.out', '.script', '.typescript', '.txt'];
/** What people put behind an output's name to name its timing file. */
const timingEndings = ['.time', '.timing', '.tm', '.times', '-timing', '-time'];
/** Names of the timing file beside one that is named `typescript`, the name that script(1) gives. */
const timingNames = ['timing', 'timingfile', 'time'];

const bare = (name: string): string => name.replace(/\.(?:gz|bz2|zst)$/i, '');

const compressedToo = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => compressions.map((ending) => name + ending));

/** The names that the timing file of an output may have. Either may be compressed. */
export const timingNamesOf = (outputName: string): readonly string[] => {
  const output = bare(outputName);
  const stem = output.replace(/\.(?:log|out|script|typescript|txt)$/i, '');
  const beside = output.endsWith('typescript')
    ? timingNames.map((name) => output.slice(0, -'typescript'.length) + name)
    : [];
  const after = [...new Set([output, stem])].flatMap((name) => timingEndings.map((ending) => name + ending));
  return compressedToo([...after, ...beside]);
};

/** The names of the outputs that a file of this name may have the times of. */
export const outputNamesOf = (timingName: string): readonly string[] => {
  const timing = bare(timingName);
  const after = timingEndings
    .filter((ending) => timing.endsWith(ending) && timing !== ending)
    .flatMap((ending) => outputEndings.map((output) => timing.slice(0, -ending.length) + output));
  const beside = timingNames
    .filter((name) => timing.endsWith(name))
    .map((name) => `${timing.slice(0, -name.length)}typescript`);
  return compressedToo([...after, ...beside].filter((name) => name !== timing));
};

/** The name of the file beside an output named `stdout` in which its recorder kept what it was. */
export const metaNameOf = (outputName: string): string | null => {
  const output = bare(outputName);
  return output.endsWith('stdout') ? `${output.slice(0, -'stdout'.length)}meta.json` : null;
};

/** The outputs that a file of this name may belong to. */
export const outputNamesOfMeta = (metaName: string): readonly string[] =>
  metaName.endsWith('meta.json') ? compressedToo([`${metaName.slice(0, -'meta.json'.length)}stdout`]) : [];
