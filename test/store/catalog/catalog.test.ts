import { catalogScripts } from '../../../src/cli/assets.ts';
import { openSqliteCatalog } from '../../../src/store/catalog/sqlite-catalog.ts';
import { catalogContract } from '../catalog-contract/catalog-contract.ts';
import { catalogPathOf } from '../opened-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

catalogContract('SQLite', async (listener) => {
  const folder = await temporaryFolder();
  const place = { path: catalogPathOf(folder.path), nativeBinding: null };
  const catalog = await openSqliteCatalog(place, catalogScripts, listener);
  return {
    ...catalog,
    async [Symbol.asyncDispose]() {
      await catalog[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
