import type { Worker } from 'node:worker_threads';

/** How a worker thread is begun: from a file beside this one, or from within a single executable. Handed in by cli. */
export type WorkerScript = { start(workerData: unknown): Worker };
