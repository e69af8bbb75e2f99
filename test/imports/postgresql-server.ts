import { spawn } from 'node:child_process';
import { chown, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathOfTool } from '../require.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';

/** A server refuses to run as root: then it is nobody's. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const configuration = (folder: string): string => `
listen_addresses = ''
unix_socket_directories = '${folder}'
fsync = off
shared_buffers = 1MB
log_timezone = 'Europe/Paris'
logging_collector = on
log_destination = 'stderr,csvlog,jsonlog'
log_directory = 'log'
log_filename = 'server.log'
log_file_mode = 0644
log_connections = on
log_disconnections = on
log_min_duration_statement = 0
log_line_prefix = '${serverLinePrefix}'
`;

export const serverLinePrefix = '%m [%p] %c %l %e %b %q%u@%d/%a %r ';

/** Everybody comes in but locked, who needs a password. */
const access = 'local all locked scram-sha-256\nlocal all all trust\n';

/**
 * A PostgreSQL server of its own, which only its socket leads to.
 * @returns the three logs that it wrote of what `use` did: they are whole, because it is stopped then
 */
export const logsOfServer = async (
  use: (run: (program: 'psql' | 'pgbench', words: readonly string[], input: string) => Promise<void>) => Promise<void>,
): Promise<Readonly<Record<'stderr' | 'csv' | 'json', Buffer>>> => {
  await using folder = await temporaryFolder();
  await chown(folder.path, nobody.uid ?? -1, nobody.gid ?? -1);
  const programs = path.dirname(await realpath(pathOfTool('postgres') ?? ''));
  const run = (program: string, words: readonly string[], input = '', mayFail = false): Promise<void> =>
    finished(path.join(programs, program), words, { input, mayFail, cwd: folder.path });
  const data = path.join(folder.path, 'data');
  await run('initdb', [
    '-D',
    data,
    '--no-sync',
    '-U',
    'root',
    '-A',
    'trust',
    '--no-instructions',
    '-E',
    'UTF8',
    '--locale=C',
  ]);
  await writeFile(path.join(data, 'postgresql.conf'), configuration(folder.path));
  await writeFile(path.join(data, 'pg_hba.conf'), access);
  await run('pg_ctl', ['-D', data, '-w', '-l', path.join(folder.path, 'early.log'), 'start']);
  try {
    await use((program, words, input) => run(program, ['-h', folder.path, ...words], input, true));
  } finally {
    await run('pg_ctl', ['-D', data, '-w', '-m', 'fast', 'stop']);
  }
  const logs = path.join(data, 'log');
  const of = async (ending: string): Promise<Buffer> => {
    const name = (await readdir(logs)).find((each) => each.endsWith(ending));
    return readFile(path.join(logs, name ?? `there is no ${ending}`));
  };
  return { stderr: await of('.log'), csv: await of('.csv'), json: await of('.json') };
};

const finished = (
  program: string,
  words: readonly string[],
  { input, mayFail, cwd }: { readonly input: string; readonly mayFail: boolean; readonly cwd: string },
): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', PGPASSWORD: 'wrong' };
  // NOTE A server that pg_ctl starts keeps its standard output for as long as it runs.
  const child = spawn(program, words, { ...nobody, cwd, env, stdio: ['pipe', 'ignore', 'ignore'] });
  child.on('error', reject);
  child.on('exit', (code) => {
    if (code === 0 || mayFail) resolve();
    else reject(new Error(`${path.basename(program)} ended with ${code}`));
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return promise;
};
