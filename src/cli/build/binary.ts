import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { addonFolders, sampleFolder, spawnHelper, workerFolder, workerPaths } from '../assets.ts';

/*
 * Builds dist/reeltime, the program as one executable for this platform: this Node, the bundled program, and as assets
 * what src/cli/assets.ts gives out.
 */

const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));
const outputFolder = join(projectRoot, 'dist');
const bundleFolder = join(outputFolder, 'bundle');

async function bundleMain(): Promise<string> {
  const outfile = join(bundleFolder, 'main.mjs');
  await build({
    entryPoints: [join(projectRoot, 'src/cli/main.ts')],
    outfile,
    format: 'esm',
    // CommonJS packages inside the bundle ask for node: modules, and better-sqlite3 for its addon, by require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    ...bundling,
  });
  return outfile;
}

async function bundleWorker(name: string, path: string): Promise<string> {
  const outfile = join(bundleFolder, `${name}.cjs`);
  // A worker that is started from its source text is a CommonJS script.
  await build({ entryPoints: [join(projectRoot, path)], outfile, format: 'cjs', ...bundling });
  return outfile;
}

const bundling = {
  bundle: true,
  platform: 'node',
  target: 'node26',
  logLevel: 'warning',
  legalComments: 'linked',
} as const;

async function collectAssets(): Promise<Record<string, string>> {
  const samples = readdirSync(join(projectRoot, sampleFolder)).map((name) => sampleFolder + name);
  const files = ['package.json', ...samples];
  const workers = await Promise.all(
    Object.entries(workerPaths).map(async ([name, path]) => [
      `${workerFolder}${name}.cjs`,
      await bundleWorker(name, path),
    ]),
  );
  return {
    ...Object.fromEntries(files.map((path) => [path, join(projectRoot, path)])),
    ...Object.fromEntries(workers),
    ...addonAssets(),
  };
}

function addonAssets(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const platform = `${process.platform}-${process.arch}`;
  const sqlite = join(dirname(require.resolve('better-sqlite3/package.json')), 'prebuilds', `${platform}.node`);
  // The package for a platform lies beside the one that asks for it.
  const terminal = createRequire(require.resolve('@lydell/node-pty')).resolve(`@lydell/node-pty-${platform}/pty.node`);
  return {
    [named(addonFolders['better-sqlite3'], sqlite)]: sqlite,
    [named(addonFolders['node-pty'], terminal)]: terminal,
    ...(process.platform === 'darwin' ? { [spawnHelper]: join(dirname(terminal), 'spawn-helper') } : {}),
  };
}

function named(folder: string, path: string): string {
  return `${folder}${createHash('sha256').update(readFileSync(path)).digest('hex')}.node`;
}

mkdirSync(bundleFolder, { recursive: true });
const configuration = {
  main: await bundleMain(),
  mainFormat: 'module',
  executable: process.execPath,
  output: join(outputFolder, 'reeltime'),
  disableExperimentalSEAWarning: true,
  assets: await collectAssets(),
};
const configurationFile = join(bundleFolder, 'executable.json');
writeFileSync(configurationFile, JSON.stringify(configuration, null, 2));
execFileSync(process.execPath, ['--build-sea', configurationFile], { stdio: 'inherit' });
