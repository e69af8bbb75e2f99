import { expect, test } from 'vitest';
import { seesAll } from '../../../../src/model/access.ts';
import { everySession } from '../../../../src/model/session-filter.ts';
import { sessionConditions } from '../../../../src/store/catalog/listing/session-conditions.ts';
import { build } from '../../../../src/store/catalog/statements.ts';

test.each([
  ['userIdentities', (at: number) => `person${at}`],
  ['clientIps', (at: number) => `192.0.2.${at}`],
  ['clientIps', (at: number) => `10.${at}.0.0/24`],
] as const)('whatever the length of a list of %s, its statement has one of eight texts', (field, valueOf) => {
  const texts = new Set<string>();
  for (let length = 1; length <= 100; length += 1) {
    const filter = { ...everySession, [field]: Array.from({ length }, (_each, at) => valueOf(at)) };
    for (const { holds } of sessionConditions(seesAll, filter)) texts.add(holds.compile(build).sql);
  }
  expect(texts.size).toBe(8);
});
