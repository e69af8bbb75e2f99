import type { SessionFilter } from '../../../model/session-filter.ts';
import { paddedLength } from './padded.ts';
import type { ConditionField } from './session-conditions.ts';
import { sessionIndexes } from './session-indexes.ts';

/** How many values a list asks for, each of which is a stretch of an index; 0 where there is none. */
const valuesOf = (filter: SessionFilter, field: ConditionField): number => {
  const asked = field === 'producer' ? null : filter[field];
  return Array.isArray(asked) ? paddedLength(asked.length) : 0;
};

/**
 * Stretches of all indexes that could lead to what a filter matches, at most. Whoever reads a page looks ahead along each of
 * them, so that they, and not the rows, are what lists of many values cost.
 */
export const stretchCount = (filter: SessionFilter): number => {
  let count = 0;
  for (const { fields, part } of sessionIndexes) {
    if (part !== null && !part.has(filter)) continue;
    count += fields.reduce((product, field) => product * valuesOf(filter, field), 1);
  }
  return count;
};
