import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import type { TestAPI } from 'vitest';

/** With REQUIRE_TOOLS=1 a test that would be skipped because something is not there fails instead. */
const areToolsRequired = process.env['REQUIRE_TOOLS'] === '1';

/** vitest's test, also with `.each` and `.for`. */
export type NeedyTest = TestAPI['skip'];

const projectRoot = fileURLToPath(new URL('..', import.meta.url));
const corpusFolder = process.env['CORPUS_DIR'] ?? join(projectRoot, '..', 'shared', 'corpus');

/** Real recordings and logs, in a folder beside the project, or where CORPUS_DIR says. Null on a machine that has none. */
export const corpusDir: string | null = existsSync(join(corpusFolder, 'ORIGINS.tsv')) ? corpusFolder : null;

/** Like vitest's test. Skipped with one loud line, or failing with REQUIRE_TOOLS=1, where corpusDir is null. */
export const corpusTest: NeedyTest = testThatNeeds(`recordings in ${corpusFolder}`, corpusDir !== null);

/** Like vitest's test, for tests that run a program. Skipped with one loud line, or failing with REQUIRE_TOOLS=1, without it. */
export const toolTest = (program: string): NeedyTest =>
  testThatNeeds(`the program ${program} on PATH`, pathOfTool(program) !== null);

/** Where a program is; null when it is not on PATH. */
export function pathOfTool(program: string): string | null {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program));
  return candidates.find(isExecutable) ?? null;
}

function testThatNeeds(what: string, isThere: boolean): NeedyTest {
  if (isThere) return test;
  const needy = test.extend<{ need: void }>({
    need: [
      async ({ skip, task }, _use) => {
        if (areToolsRequired) throw new Error(`REQUIRE_TOOLS=1, but this test needs ${what}`);
        console.warn(`SKIPPED, it needs ${what}: ${task.name}`);
        skip(`needs ${what}`);
      },
      { auto: true },
    ],
  });
  return needy as unknown as NeedyTest;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
