import type { Viewer } from '../model/viewer.ts';
import type { Asker } from '../store/catalog/survey-reader.ts';

/** For whom the catalog reads what may take long: of a request, or of one that a GraphQL operation came with. */
export const askerOf = ({
  viewer,
  gone,
}: {
  readonly viewer: Pick<Viewer, 'account'>;
  readonly gone: AbortSignal;
}): Asker => ({ account: viewer.account, gone });
