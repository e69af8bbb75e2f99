/** Of any values, by rank. NaN when there are none. */
export const percentile = (values: readonly number[], percent: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
};

/** p50 and p99 of some waits, in milliseconds. */
export type Waits = { readonly p50: number; readonly p99: number };

export const waitsOf = (values: readonly number[]): Waits => ({
  p50: percentile(values, 50),
  p99: percentile(values, 99),
});

/** Three digits, as tables show them. */
export const shownMs = (value: number): string => String(Number(value.toPrecision(3)));
