import { openInstallation } from '../../src/cli/compose.ts';
import { dataFolderAt } from '../../src/cli/data-folder.ts';
import { noise, openFeed, output } from '../store/feeding.ts';

/*
 * Opens the installation and feeds recordings without end, so that it can be killed at any moment. Each line of its standard
 * output is a recording that was opened, a batch that is about to be sent, or one that was acknowledged.
 */

const [folder = '', recordings = '1', bytes = '20000'] = process.argv.slice(2);
const installation = await openInstallation(dataFolderAt(folder), () => {});
const say = (...words: readonly (string | number)[]): void => void process.stdout.write(`${words.join(' ')}\n`);

await Promise.all(
  Array.from({ length: Number(recordings) }, async (_, which) => {
    const feed = await openFeed(installation);
    say('opened', which, feed.recordingId, feed.sessionId);
    for (let batch = 0; ; batch += 1) {
      const events = [output(batch, `batch ${batch} `), output(batch, noise(Number(bytes), batch + 1))];
      say('sent', which, batch);
      try {
        await feed.append(...events);
      } catch (error) {
        say('refused', which, batch, error instanceof Error ? error.message : String(error));
        return;
      }
      say('acknowledged', which, batch);
    }
  }),
);
process.exitCode = 0;
await installation[Symbol.asyncDispose]();
