import { CHUNK_BYTES_FORCED } from '../model/limits.ts';
import { EventWalk } from './event-walk.ts';
import { carryOver, isInsideCharacter } from './utf8-carry.ts';

const nothing = new Uint8Array(0);

export type ChunkEndOptions = {
  /** Nothing follows: where no boundary is good, or the target is not reached, all events are taken. */
  readonly atEnd?: boolean;
  /** The chunk is due by its age: where the target is not reached, it ends at the last good boundary. */
  readonly aged?: boolean;
};

/**
 * Where the next chunk ends: how many of these pending events it takes, or null when none of their boundaries will do yet.
 *
 * It is the first boundary at or beyond bytesTarget (bytes of the events' msgpack) that does not lie inside a UTF-8
 * character of terminal output. A boundary where that cannot be known yet, because no output follows it, is not good; from
 * CHUNK_BYTES_FORCED on, any boundary is.
 *
 * @param batches consecutive pending batches, each as scanBatch took it
 */
export const chunkEnd = (
  batches: readonly { readonly msgpack: Uint8Array }[],
  bytesTarget: number,
  options: ChunkEndOptions = {},
): number | null => {
  const boundaries = new Boundaries(bytesTarget);
  for (const batch of batches) {
    const walk = new EventWalk(batch.msgpack);
    while (walk.next()) {
      const end = boundaries.passEvent(walk.end - walk.start, walk.code === 'o' ? walk.data : nothing);
      if (end !== null) return end;
    }
  }
  return boundaries.atEnd(options);
};

/** Looks at one event after the other for the first good boundary. */
class Boundaries {
  readonly #bytesTarget: number;
  #eventCount = 0;
  #bytes = 0;
  #carry: Uint8Array = nothing;
  /** The last good boundary below the target. */
  #lastGood: number | null = null;
  /** The first boundaries since the last output, of all and beyond the target: good or not by the output that follows. */
  #undecided: { last: number; beyondTarget: number | null } | null = null;

  constructor(bytesTarget: number) {
    this.#bytesTarget = bytesTarget;
  }

  /** @param output terminal output of the event; empty for other events. @returns the first good boundary, once known */
  passEvent(size: number, output: Uint8Array): number | null {
    if (this.#undecided !== null && output.length > 0) {
      const { last, beyondTarget } = this.#undecided;
      this.#undecided = null;
      if (!isInsideCharacter(this.#carry, output)) {
        if (beyondTarget !== null) return beyondTarget;
        this.#lastGood = last;
      }
    }
    this.#eventCount += 1;
    this.#bytes += size;
    this.#carry = carryOver(this.#carry, output);
    return this.#boundary();
  }

  #boundary(): number | null {
    if (this.#bytes >= CHUNK_BYTES_FORCED) return this.#eventCount;
    const isBeyond = this.#bytes >= this.#bytesTarget;
    if (this.#carry.length === 0) {
      if (isBeyond) return this.#eventCount;
      this.#lastGood = this.#eventCount;
      return null;
    }
    const beyondTarget = this.#undecided?.beyondTarget ?? (isBeyond ? this.#eventCount : null);
    this.#undecided = { last: this.#eventCount, beyondTarget };
    return null;
  }

  atEnd(options: ChunkEndOptions): number | null {
    if (options.atEnd === true) return this.#eventCount === 0 ? null : this.#eventCount;
    return options.aged === true ? this.#lastGood : null;
  }
}
