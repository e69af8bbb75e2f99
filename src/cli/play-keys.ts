/** What a key asks of a player. */
export type PlayCommand =
  | { readonly kind: 'pause' | 'step' | 'end' }
  | { readonly kind: 'seek'; readonly byMs: number }
  | { readonly kind: 'speed'; readonly factor: number };

const SEEK_MS = 5000;
const SPEED_FACTOR = 1.5;

const arrows: Readonly<Record<string, PlayCommand>> = {
  A: { kind: 'speed', factor: SPEED_FACTOR },
  B: { kind: 'speed', factor: 1 / SPEED_FACTOR },
  C: { kind: 'seek', byMs: SEEK_MS },
  D: { kind: 'seek', byMs: -SEEK_MS },
};
const keys: Readonly<Record<string, PlayCommand>> = {
  ' ': { kind: 'pause' },
  '.': { kind: 'step' },
  q: { kind: 'end' },
  // Ctrl-C: the terminal is in raw mode, and makes no signal of it.
  '\u0003': { kind: 'end' },
};

// oxlint-disable-next-line no-control-regex -- how terminals send keys
const keyPattern = /\u001b[[O][0-9;]*(?<arrow>[@-~])|\u001b[[O]?[0-9;]{0,16}$|[^]/gu;

/** Keys out of what a terminal sends, which may cut the sequence of an arrow in two. Keys that mean nothing are passed over. */
export class PlayKeys {
  #held = '';

  read(bytes: Uint8Array): readonly PlayCommand[] {
    const text = this.#held + Buffer.from(bytes).toString('latin1');
    this.#held = '';
    return [...text.matchAll(keyPattern)].flatMap(({ 0: key, groups }) => {
      const arrow = groups?.['arrow'];
      if (arrow === undefined && key.startsWith('\u001b')) this.#held = key;
      const known = arrow === undefined ? keys : arrows;
      const name = arrow ?? key;
      return Object.hasOwn(known, name) ? [known[name] as PlayCommand] : [];
    });
  }
}
