import { afterAll, beforeAll, describe } from 'vitest';
import { accessContract } from './access-contract.ts';
import { auditContract } from './audit-contract.ts';
import { changesContract } from './changes-contract.ts';
import { chunksContract } from './chunks-contract.ts';
import { feedingContract } from './feeding-contract.ts';
import { livesContract } from './lives-contract.ts';
import { openingContract } from './opening-contract.ts';
import { restoringContract } from './restoring-contract.ts';
import { storyContract } from './story-contract.ts';
import { CatalogSubject, type OpenCatalog } from './subject.ts';
import { exportsContract } from './exports-contract.ts';
import { visibilityContract } from './visibility-contract.ts';

/** Tests every MUST of the Catalog port against an implementation of it. */
export const catalogContract = (implementation: string, open: OpenCatalog): void => {
  describe(`the catalog: ${implementation}`, () => {
    const subject = new CatalogSubject(open);
    beforeAll(() => subject.start());
    afterAll(() => subject.stop());
    for (const part of [
      openingContract,
      feedingContract,
      livesContract,
      changesContract,
      chunksContract,
      restoringContract,
      storyContract,
      exportsContract,
      visibilityContract,
      accessContract,
      auditContract,
    ])
      part(subject);
  });
};
