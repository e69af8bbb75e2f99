import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

/*
 * Kills processes while they write to files. Each line of its standard input is a process id: that process is killed with -9
 * as soon as a file of the folder grows, or after GROWTH_AWAITED_MS. Says `killed` then. It looks without pause, so that it
 * sees a write while it goes on.
 */

const GROWTH_AWAITED_MS = 150;
/** Names that are looked at between two readings of the folder. */
const LOOKS = 200;

const [folder = ''] = process.argv.slice(2);

const filesOf = (): readonly string[] => {
  try {
    const names = readdirSync(folder, { recursive: true }).map((name) => path.join(folder, String(name)));
    return names.filter((name) => name.endsWith('.rec.zst'));
  } catch {
    return [];
  }
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const awaitGrowth = (untilMs: number): void => {
  while (performance.now() < untilMs) {
    const sizes = new Map(filesOf().map((file) => [file, sizeOf(file)]));
    // The longest are sealed: what grows is looked at most often when it is looked at alone.
    const newest = [...sizes.keys()].toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs).slice(0, 4);
    for (let looks = 0; looks < LOOKS; looks += 1) {
      for (const file of newest) if (sizeOf(file) !== sizes.get(file)) return;
    }
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  awaitGrowth(performance.now() + GROWTH_AWAITED_MS);
  process.kill(Number(line), 'SIGKILL');
  process.stdout.write('killed\n');
}
