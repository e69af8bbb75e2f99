import { writeFile } from 'node:fs/promises';
import { printedSchema } from '../../api/graphql/schema.ts';

/** `npm run schema`: writes schema.graphql at the project's root. */
await writeFile(new URL('../../../schema.graphql', import.meta.url), printedSchema());
