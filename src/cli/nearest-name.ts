/** How many letters must be put in, taken out or changed to get from one word to the other (Levenshtein). */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
};

/** The name that somebody may have meant; null when none is near. */
export const nearestName = (given: string, names: readonly string[]): string | null => {
  const [nearest] = names
    .map((name) => ({ name, steps: distance(given, name) }))
    .sort((one, other) => one.steps - other.steps);
  return nearest !== undefined && nearest.steps <= Math.max(2, given.length / 3) ? nearest.name : null;
};
