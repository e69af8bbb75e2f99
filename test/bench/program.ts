import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { mainScript } from './server-process.ts';

/** Runs a program to its end, throwing away what it prints on standard output. @throws when it does not end with 0 */
export async function runProgram(program: string, words: readonly string[]): Promise<void> {
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${code}`);
}

/** Runs a verb of reeltime. */
export const runVerb = (...words: readonly string[]): Promise<void> =>
  runProgram(process.execPath, [mainScript, ...words]);

/** A program's standard output into a file. */
export async function runInto(file: string, program: string, words: readonly string[]): Promise<void> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await pipeline(child.stdout, createWriteStream(file));
}

/** Bytes of a file after a transformation of it. */
export async function sizeThrough(file: string, transform: NodeJS.ReadWriteStream): Promise<number> {
  let bytes = 0;
  await pipeline(createReadStream(file), transform, async (source: AsyncIterable<Uint8Array>) => {
    for await (const piece of source) bytes += piece.length;
  });
  return bytes;
}
