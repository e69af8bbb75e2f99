import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './exit-code.ts';

/** As shells have it. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** Where a command is: by its path, or in a folder of PATH. @throws UsageError with a shell's exit code for what cannot be run */
export const commandPath = (command: string, env: NodeJS.ProcessEnv): string => {
  const folders = command.includes('/') ? [''] : (env['PATH'] ?? '').split(':').map((folder) => folder || '.');
  const found = folders.map((folder) => path.resolve(folder, command)).filter(isFile);
  const file = found.find(isExecutable);
  if (file !== undefined) return file;
  if (found.length > 0) throw new UsageError(`${command} cannot be executed`, NOT_EXECUTABLE);
  throw new UsageError(`there is no command ${command}`, NOT_FOUND);
};

const isFile = (file: string): boolean => {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
