import { DataFolderLock } from '../../src/store/data-folder-lock.ts';

/* Takes the lock at the path given, says how that went, and holds it until its standard input ends. */

const [path = ''] = process.argv.slice(2);
try {
  const lock = DataFolderLock.take(path, path, null);
  process.stdout.write('taken\n');
  process.stdin.resume().on('end', () => lock[Symbol.dispose]());
} catch (error) {
  process.stdout.write(`${error instanceof Error ? `${error.constructor.name}: ${error.message}` : 'refused'}\n`);
}
