import { readFileSync } from 'node:fs';
import { openInstallation } from '../../src/cli/compose.ts';
import { dataFolderAt } from '../../src/cli/data-folder.ts';
import { openFeed, output, readEvents, seal } from './feeding.ts';

/* Opens an installation, feeds, reads and seals in it, and closes it. With the word `trap` it also reads the catalog with fs. */

const [folder = '', trap] = process.argv.slice(2);
const place = dataFolderAt(folder);
await using installation = await openInstallation(place, () => {});
const feed = await openFeed(installation);
await feed.append(output(0, 'some output'));
await readEvents(installation.reader, feed.recordingId);
await seal(installation, feed);
await readEvents(installation.reader, feed.recordingId);
if (trap === 'trap') readFileSync(place.catalog);
process.stdout.write('done\n');
