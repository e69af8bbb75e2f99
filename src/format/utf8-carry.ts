const nothing = new Uint8Array(0);

/** Bytes that the character with this first byte has; 0 for a byte that begins none. */
const lengthFromLead = (lead: number): number =>
  lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

/** Whether `second` may follow `lead` (RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF). */
const mayFollow = (lead: number, second: number): boolean => {
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= lowest && second <= highest;
};

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Length, 0 to 3, of the character that has begun but not ended at the end of the bytes. Bytes of no character count as ended. */
export const unfinishedLength = (bytes: Uint8Array): number => {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const lead = bytes[bytes.length - back] ?? 0;
    if ((lead & 0xc0) === 0x80) continue;
    const isOpen = lengthFromLead(lead) > back && (back === 1 || mayFollow(lead, bytes[bytes.length - back + 1] ?? 0));
    return isOpen ? back : 0;
  }
  return 0;
};

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
};

/** The bytes of an unfinished character, 0 to 3, after `carry` followed by `bytes`. A copy. */
export const carryOver = (carry: Uint8Array, bytes: Uint8Array): Uint8Array => {
  if (bytes.length === 0) return carry;
  const text = carry.length === 0 || bytes.length >= 3 ? bytes : joined(carry, bytes);
  const length = unfinishedLength(text);
  return length === 0 ? nothing : text.slice(text.length - length);
};

/**
 * Whether a place in terminal output lies inside a character: `carry` is what is unfinished before it, and `next` the
 * output that follows, null (or empty) when it is not known yet. Unknown counts as inside.
 */
export const isInsideCharacter = (carry: Uint8Array, next: Uint8Array | null): boolean => {
  const lead = carry[0];
  if (lead === undefined) return false;
  const following = next?.[0];
  if (following === undefined) return true;
  return carry.length === 1 ? mayFollow(lead, following) : isContinuation(following);
};

/** Whether bytes [start, end) are whole UTF-8 characters. */
export const isUtf8 = (bytes: Uint8Array, start: number, end: number): boolean => {
  let at = start;
  while (at < end) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      at += 1;
      continue;
    }
    const length = lengthFromLead(lead);
    if (length === 0 || at + length > end || !mayFollow(lead, bytes[at + 1] ?? 0)) return false;
    for (let further = at + 2; further < at + length; further += 1) if (!isContinuation(bytes[further])) return false;
    at += length;
  }
  return true;
};

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Bytes to text where characters may be cut by the pieces' edges: a cut character comes whole with the later piece.
 * Bytes of no character become U+FFFD, as many as WHATWG's decoder says. No byte is swallowed, nor a byte order mark.
 */
export class TextCarry {
  #carry: Uint8Array;

  /** @param carry bytes of a character that began before the first piece: at most 3 */
  constructor(carry: Uint8Array = nothing) {
    this.#carry = carry;
  }

  decode(bytes: Uint8Array): string {
    const all = this.#carry.length === 0 ? bytes : joined(this.#carry, bytes);
    const open = unfinishedLength(all);
    this.#carry = open === 0 ? nothing : all.slice(all.length - open);
    return decoder.decode(open === 0 ? all : all.subarray(0, all.length - open));
  }

  /** The bytes, 0 to 3, of the character that is not finished. */
  rest(): Uint8Array {
    return this.#carry;
  }

  /** Nothing follows: an unfinished character is text now, as U+FFFD. */
  end(): string {
    const text = decoder.decode(this.#carry);
    this.#carry = nothing;
    return text;
  }
}
