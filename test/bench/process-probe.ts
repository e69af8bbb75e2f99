import { monitorEventLoopDelay } from 'node:perf_hooks';

/*
 * Loaded by --import into a server that is measured. Told 'begin' it starts to look at its event loop and processor time,
 * told 'end' it says what it saw.
 */

const delay = monitorEventLoopDelay({ resolution: 1 });
let before = process.cpuUsage();

process.on('message', (message) => {
  if (message === 'begin') {
    delay.enable();
    delay.reset();
    before = process.cpuUsage();
    process.send?.({});
    return;
  }
  const { user, system } = process.cpuUsage(before);
  process.send?.({ cpuMs: (user + system) / 1000, loopDelayP99Ms: delay.percentile(99) / 1e6 });
  delay.disable();
});
// The one who measures must not keep the server running.
process.channel?.unref();
