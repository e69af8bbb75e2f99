/** Of all that is kept, about. */
const BYTES_MAX = 8 * 1024 * 1024;
/** Of each text, beside letters. */
const ENTRY_BYTES = 200;

/** Something about each of the texts that were asked for lately, in bounded memory. */
export class RecentTexts<About> {
  readonly #halfBytesMax: number;
  #newer = new Map<string, About>();
  #newerBytes = 0;
  #older = new Map<string, About>();

  constructor(bytesMax = BYTES_MAX) {
    this.#halfBytesMax = bytesMax / 2;
  }

  get(text: string): About | undefined {
    return this.#newer.get(text) ?? this.#older.get(text);
  }

  /**
   * When half of the memory is full, the half before is forgotten: a text that comes again and again is then kept anew.
   * @param letters in what is kept about it
   */
  keep(text: string, about: About, letters: number): void {
    const bytes = ENTRY_BYTES + 2 * (text.length + letters);
    if (bytes > this.#halfBytesMax) return;
    if (this.#newerBytes + bytes > this.#halfBytesMax) {
      this.#older = this.#newer;
      this.#newer = new Map();
      this.#newerBytes = 0;
    }
    this.#newer.set(text, about);
    this.#newerBytes += bytes;
  }
}
