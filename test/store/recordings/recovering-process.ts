import { fileRecordingsOf } from '../opened-folder.ts';
import { Keeper } from '../recordings-contract/subject.ts';

/* Recovers one recording from its file, as the catalog knows it, and says what it may adopt, or why nothing. */

const [folder = '', known = ''] = process.argv.slice(2);
const keeper = Keeper.read(fileRecordingsOf(folder), known);
try {
  const { adopted } = await keeper.recover();
  console.log(JSON.stringify({ adopted: adopted.map(({ row }) => row.eventCount) }));
} catch (error) {
  console.log(JSON.stringify({ refused: error instanceof Error ? error.message : String(error) }));
}
