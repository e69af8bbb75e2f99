import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('peers/', import.meta.url));

/**
 * Installs the servers that this one is held against, once, beside the product's own packages and none of them.
 * @returns whether they are there: a machine without a network measures without them
 */
export const installPeers = (tell: (line: string) => void): boolean => {
  if (existsSync(`${folder}node_modules/.package-lock.json`)) return true;
  tell('installing the servers to compare with');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  if (status !== 0) tell('they could not be installed: what needs them is left out');
  return status === 0;
};
