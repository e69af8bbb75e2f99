import { mkdirSync } from 'node:fs';
import path from 'node:path';

/** Where everything is in a data folder. */
export type DataFolder = {
  readonly path: string;
  readonly catalog: string;
  readonly lock: string;
  /** How far the catalog's log of changes has come: whether it was put back from a copy. */
  readonly logPositions: string;
  readonly recordings: string;
  readonly quarantine: string;
  /** The newest automatic copies of the catalog. */
  readonly copies: string;
  /** The admin token that was made on first start, for the people of this machine. */
  readonly adminToken: string;
  /** Address and token of the running server, for the verbs of this machine. */
  readonly server: string;
};

const FOLDER_MODE = 0o700;

export const dataFolderAt = (folder: string): DataFolder => {
  const absolute = path.resolve(folder);
  return {
    path: absolute,
    catalog: path.join(absolute, 'catalog.db'),
    lock: path.join(absolute, 'writer.lock'),
    logPositions: path.join(absolute, 'log-positions.json'),
    recordings: path.join(absolute, 'recordings'),
    quarantine: path.join(absolute, 'quarantine'),
    copies: path.join(absolute, 'copies'),
    adminToken: path.join(absolute, 'admin-token'),
    server: path.join(absolute, 'server.json'),
  };
};

/** Makes the folder and its subfolders where they are not, for this user only. */
export const makeDataFolder = (folder: DataFolder): void => {
  for (const each of [folder.path, folder.recordings, folder.quarantine, folder.copies]) {
    mkdirSync(each, { recursive: true, mode: FOLDER_MODE });
  }
};
