import { IMPORT_SKIPS_TOLD_MAX } from '../model/limits.ts';

/** `line` is from 1; null where it is not known. */
export type SkippedLine = { readonly line: number | null; readonly reason: string };

/** Reasons that are counted one by one; further ones are counted together. */
const REASONS_MAX = 50;
const OTHER_REASONS = 'other reasons';

/** What of a file was passed over, and why. Its size does not grow with the file. */
export class SkippedLines {
  #count = 0;
  readonly #first: SkippedLine[] = [];
  readonly #byReason = new Map<string, number>();

  get count(): number {
    return this.#count;
  }

  /** The first IMPORT_SKIPS_TOLD_MAX. */
  get first(): readonly SkippedLine[] {
    return this.#first;
  }

  /** How many for each reason, the most frequent first. */
  get byReason(): readonly (readonly [reason: string, count: number])[] {
    return [...this.#byReason].sort(([, one], [, other]) => other - one);
  }

  add(line: number | null, reason: string): void {
    this.#count += 1;
    if (this.#first.length < IMPORT_SKIPS_TOLD_MAX) this.#first.push({ line, reason });
    const isCounted = this.#byReason.has(reason) || this.#byReason.size < REASONS_MAX;
    const name = isCounted ? reason : OTHER_REASONS;
    this.#byReason.set(name, (this.#byReason.get(name) ?? 0) + 1);
  }
}
