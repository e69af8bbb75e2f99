import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';

/*
 * Loaded by --import into a server that is measured. Told 'begin' it starts to look at its event loop and processor time,
 * and to count the answers of its catalog's writer, each of which is a commit; told 'end' it says what it saw. Told 'memory' it throws away what
 * nobody holds, and says how much is left.
 */

const delay = monitorEventLoopDelay({ resolution: 1 });
let before = process.cpuUsage();
let commits = 0;

const emit = Worker.prototype.emit;
Worker.prototype.emit = function (this: Worker, ...given: unknown[]): boolean {
  const [, answer] = given as [string, { readonly kind?: unknown } | undefined];
  if (answer?.kind === 'committed') commits += 1;
  return Reflect.apply(emit, this, given) as boolean;
};

const GC_ROUNDS = 3;
const GC_PAUSE_MS = 100;

/** Until there is nothing more to throw away: what ends in one round lets go of something for the next. */
const memory = async (): Promise<object> => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < GC_ROUNDS; round += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, GC_PAUSE_MS));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed + external };
};

process.on('message', (message) => {
  if (message === 'memory') {
    void memory().then((seen) => process.send?.(seen));
    return;
  }
  if (message === 'begin') {
    delay.enable();
    delay.reset();
    before = process.cpuUsage();
    commits = 0;
    process.send?.({});
    return;
  }
  const { user, system } = process.cpuUsage(before);
  process.send?.({ cpuMs: (user + system) / 1000, loopDelayP99Ms: delay.percentile(99) / 1e6, commits });
  delay.disable();
});
// The one who measures must not keep the server running.
process.channel?.unref();
