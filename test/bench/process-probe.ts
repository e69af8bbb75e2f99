import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';

/*
 * Loaded by --import into a server that is measured. Told 'begin' it starts to look at its event loop and processor time,
 * and to count the answers of its catalog's writer, each of which is a commit; told 'end' it says what it saw.
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

process.on('message', (message) => {
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
