import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchAttack } from './attack.ts';
import type { Bench } from './bench-room.ts';
import { benchFanout } from './fanout.ts';
import { benchFollow } from './follow.ts';
import { benchImport } from './import.ts';
import { benchIngest } from './ingest.ts';
import { benchKill } from './kill.ts';
import { benchList } from './list.ts';
import { benchRecording } from './recording.ts';

/* npm run bench -- NAME … [--rounds N] [--scale small|full] [--rows N]: prints Markdown, and on standard error how far it is. */

const benches: Readonly<Record<string, Bench>> = {
  recording: benchRecording,
  import: benchImport,
  list: benchList,
  attack: benchAttack,
  ingest: benchIngest,
  kill: benchKill,
  follow: benchFollow,
  fanout: benchFanout,
};
const ROUNDS_MIN = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: String(ROUNDS_MIN) },
    scale: { type: 'string', default: 'full' },
    rows: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const { scale } = values;
const rows = values.rows === undefined ? null : Number(values.rows);
const known = Object.keys(benches);
const unknown = positionals.filter((name) => !known.includes(name));
if (positionals.length === 0 || unknown.length > 0) throw new Error(`say which: ${known.join(', ')}`);
if (!Number.isInteger(rounds) || rounds < ROUNDS_MIN) throw new Error(`--rounds must be at least ${ROUNDS_MIN}`);
if (rows !== null && !(Number.isSafeInteger(rows) && rows >= 10_000)) throw new Error('--rows must be at least 10000');
if (scale !== 'small' && scale !== 'full') throw new Error('--scale must be small or full');

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, ${rounds} rounds, ${scale}\n`,
);
for (const name of positionals) {
  console.log(`${await benches[name]?.({ rounds, scale, rows, tell: (line) => console.error(line) })}\n`);
}
