import { open } from 'node:fs/promises';
import path from 'node:path';
import { Refusal } from '../../../src/model/errors.ts';
import { noise, output } from '../feeding.ts';
import { fileRecordingsOf } from '../opened-folder.ts';
import { Keeper } from '../recordings-contract/subject.ts';

/* Appends chunks of the sizes given to one recording, one after the other, and says how each went and what it knows then. */

const [folder = '', ...sizes] = process.argv.slice(2);
const keeper = new Keeper(fileRecordingsOf(folder));
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

for (const [at, size] of sizes.map(Number).entries()) {
  try {
    await keeper.append([output(at * 10, noise(size, at + 1))]);
    say({ appended: size, indexedSize: keeper.indexedSize });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const cause = error.cause instanceof Error ? error.cause.message : '';
    say({ refused: size, code: error.code, cause, size: await keeper.recordings.size(keeper.locator) });
  }
}
// What node:fs itself does: a file that may not grow, or a disk that is full, is a short count and no error.
await using handle = await open(path.join(folder, 'scratch'), 'w');
const { bytesWritten } = await handle.write(new Uint8Array(1_000_000));
say({ asked: 1_000_000, bytesWritten, known: keeper.write() });
