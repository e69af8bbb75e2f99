/* oxlint-disable no-control-regex -- control characters are what this is about */
import xterm from '@xterm/headless';
import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SEQUENCE_LENGTH_MAX, TerminalFilter } from '../../../src/format/terminal/terminal-filter.ts';
import { corpusDir, corpusTest } from '../../require.ts';

const filtered = (text: string | Uint8Array): string =>
  new TerminalFilter().write(typeof text === 'string' ? Buffer.from(text) : text);

const E = '\u001b';

test.for<readonly [string, string]>([
  ['text and line ends', 'zażółć 漢字 👩‍💻\r\n\tb\b'],
  ['cursor movement', `${E}[H${E}[3;4H${E}[2A${E}[B${E}[10C${E}[D${E}[E${E}[F${E}[7G${E}[5d${E}[a${E}[e${E}[1;1f`],
  ['erasing', `${E}[J${E}[1J${E}[2J${E}[K${E}[2K${E}[3X${E}[?1J${E}[?2K`.replaceAll(`${E}[J`, `${E}[0J`)],
  ['inserting and deleting', `${E}[2@${E}[2P${E}[L${E}[M${E}[4h${E}[4l`],
  ['scrolling and margins', `${E}[S${E}[2T${E}[2;20r${E}D${E}M${E}E`],
  ['colours and attributes', `${E}[m${E}[1;31m${E}[38;5;200m${E}[38;2;1;2;3;48;2;4;5;6m${E}[4:3m${E}[58:2::1:2:3m`],
  ['saved cursors and the other screen', `${E}7${E}8${E}[s${E}[u${E}[?1049h${E}[?47l${E}[?1047h${E}[?1048l`],
  ['modes that draw', `${E}[?5h${E}[?6l${E}[?7l${E}[?25l${E}[?45h`],
  ['character sets', `${E}(0${E}(B${E})0\u000e\u000f${E}n${E}#8`],
  ['tabulators and repetition', `${E}H${E}[g${E}[3g${E}[2I${E}[Zx${E}[5b`],
])('%s pass as they are', ([, text]) => {
  expect(filtered(text)).toBe(text);
});

test.for<readonly [string, string, string]>([
  ['the clipboard', `${E}]52;c;cm0gLXJmIC8=\u0007`, ''],
  ['a title, ended by BEL', `${E}]0;rm -rf /\u0007x`, 'x'],
  ['a title, ended by ESC \\', `${E}]2;t${E}\\x`, 'x'],
  ['a title, ended by a control character of two bytes', `${E}]2;t\u009cx`, 'x'],
  ['a link, whose text stays', `${E}]8;;https://evil.example${E}\\text${E}]8;;${E}\\`, 'text'],
  ['a palette', `${E}]4;1;#ff0000${E}\\${E}]10;?\u0007`, ''],
  ['a file of iTerm2', `${E}]1337;File=inline=1:AAAA\u0007`, ''],
  ['a device control string', `${E}P$q"p${E}\\${E}P+q544e${E}\\y`, 'y'],
  ['BEL within a device control string', `${E}Pq\u0007hidden${E}\\y`, 'y'],
  ['an application command, a privacy message, a string', `${E}_Gq${E}\\${E}^pm${E}\\${E}Xsos${E}\\z`, 'z'],
  ['questions to the device', `${E}[c${E}[>c${E}[=c${E}[5n${E}[6n${E}[?6n${E}[>q${E}[?25$p${E}[x${E}Z\u0005`, ''],
  ['what makes the window', `${E}[8;9999;9999t${E}[21t${E}[20t${E}[22;0t`, ''],
  ['printing', `${E}[i${E}[5i${E}[?5i`, ''],
  [
    'the mouse, focus, pasting, keys',
    `${E}[?1000h${E}[?1003;1006h${E}[?1004h${E}[?2004h${E}[?1h${E}[?12h${E}=${E}>`,
    '',
  ],
  ['keyboards of other kinds', `${E}[>4;2m${E}[>1u${E}[=1u${E}[<u${E}[?u${E}[?2031h`, ''],
  ['tracking of highlights', `${E}[1;2;3;4;5T`, ''],
  ['kept and brought back modes', `${E}[?1000s${E}[?1000r`, ''],
  ['erasing what scrolled off', `${E}[3J${E}[2;3J`, `${E}[2J`],
  ['modes among others', `${E}[?25;1000;7h`, `${E}[?25h${E}[?7h`],
  ['other encodings', `${E}%@${E}%G${E} F`, ''],
  ['memory locks', `${E}l`, ''],
  ['17 parameters', `${E}[${'1;'.repeat(16)}1m`, ''],
  ['a parameter above 9,999', `${E}[10000A${E}[9999A`, `${E}[9999A`],
  ['prefixes that stand late', `${E}[1?25h`, ''],
  ['control characters of two bytes', '\u009b31m\u009d0;t\u009c\u0085\u0090q\u009cx', `${E}[31m${E}Ex`],
  ['NUL, DEL, XON', '\u0000a\u007f\u0011b', 'ab'],
  ['a sequence that is cancelled', `${E}[31\u0018mx${E}]0;a\u001ay`, 'mxy'],
  ['a control character in a sequence, obeyed at once', `${E}[3\r1mx`, `\r${E}[31mx`],
  ['a sequence within a sequence', `${E}[3${E}[1mx`, `${E}[1mx`],
  ['a string that never ends', `a${E}]0;${'x'.repeat(100_000)}`, 'a'],
])('of %s nothing reaches the terminal that it should not obey', ([, text, left]) => {
  expect(filtered(text)).toBe(left);
});

test('bytes that are no UTF-8 are U+FFFD, so that none of them is a control character', () => {
  expect(filtered(Uint8Array.of(0x61, 0x9b, 0x33, 0x31, 0x6d, 0x9d, 0x07))).toBe('a\ufffd31m\ufffd\u0007');
});

test('a reset is what of it concerns the screen', () => {
  expect(filtered(`${E}c`)).not.toContain(`${E}c`);
  expect(filtered(filtered(`${E}c`))).toBe(filtered(`${E}c`));
});

test('a sequence of more than 4 KiB is dropped, and what follows it is shown', () => {
  const longest = `${E}[${'0'.repeat(SEQUENCE_LENGTH_MAX)}m`;
  expect(filtered(`${longest}x`)).toBe(`${longest}x`);
  expect(filtered(`${E}[${'0'.repeat(SEQUENCE_LENGTH_MAX + 1)}mx`)).toBe('x');
  expect(filtered(`${E}${'('.repeat(100_000)}Bx`)).toBe('x');
});

test('a bell rings when the player lets it', () => {
  let rings = 0;
  const filter = new TerminalFilter(() => (rings += 1) === 1);
  expect(filter.write(Buffer.from('\u0007\u0007\u0007'))).toBe('\u0007');
});

const hostile = fc.oneof(
  fc.constantFrom(
    ...'\u001b[]P_^X\\()?>=<;:!$"\' #%hlmcntpqru0123456789',
    '\u0007',
    '\u0018',
    '\u009b',
    '\u009d',
    '漢',
    'é',
  ),
  fc.constantFrom(`${E}[`, `${E}[?`, `${E}]52;`, `${E}P`, '1049', '1000', `${E}c`, `${E}\\`),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const output = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: hostile.map((text) => Buffer.from(text)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)) },
    ),
    { maxLength: 60 },
  )
  .map((pieces) => Buffer.concat(pieces));
const allowed =
  /^(?:[^\u0000-\u001f\u007f-\u009f]|[\u0007-\u000f]|\u001b(?:[78DEHMno|}~]|[()*+\-./][0-9A-Z<=>`]|#[34568]|\[(?:[0-9;]*[@ABCDEFGHIKLMPSTXZ`abdefgr]|[0-9;:]*m|[0-9;]*(?: [@A]|'[}~]|!p|"q)|[su]|[012]J|4[hl]|\?(?:5|6|7|25|45|47|1047|1048|1049)[hl]|\?[012][JK])))*$/u;

test('whatever comes in, only what is allowed comes out; it passes again as it is', () => {
  fc.assert(
    fc.property(output, (bytes) => {
      const once = filtered(bytes);
      expect(once).toMatch(allowed);
      expect(filtered(once)).toBe(once);
    }),
    { numRuns: 500 },
  );
});

test('however the bytes are cut into pieces, what comes out is the same', () => {
  fc.assert(
    fc.property(output, fc.array(fc.nat(), { maxLength: 8 }), (bytes, cuts) => {
      const filter = new TerminalFilter();
      const places = [
        0,
        ...cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other),
        bytes.length,
      ];
      const pieces = places.slice(1).map((end, at) => filter.write(bytes.subarray(places[at], end)));
      expect(pieces.join('')).toBe(filtered(bytes));
    }),
    { numRuns: 300 },
  );
});

/** Everything that a terminal of this size shows in the end: both screens' text and colours. */
const screenOf = async (text: string, cols: number, rows: number): Promise<readonly string[]> => {
  const terminal = new xterm.Terminal({ cols, rows, scrollback: 200, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  const lines: string[] = [];
  const { active } = terminal.buffer;
  for (let at = 0; at < active.length; at += 1) {
    const line = active.getLine(at);
    const cells = Array.from({ length: cols }, (_, column) => line?.getCell(column));
    const looks = cells.map(
      (cell) => `${cell?.getFgColor()},${cell?.getBgColor()},${cell?.isInverse()},${cell?.isBold()}`,
    );
    lines.push(`${line?.translateToString(true)}|${new Set(looks).size}|${looks.join(' ')}`);
  }
  lines.push(`${active.type} ${active.cursorX} ${active.cursorY} ${active.baseY}`);
  terminal.dispose();
  return lines;
};

/** Width, height and output of a cast that is small enough to be looked at. */
const castOf = (file: string): { readonly cols: number; readonly rows: number; readonly output: string } | null => {
  try {
    const [head = '', ...lines] = readFileSync(file, 'utf8').split('\n');
    const header = JSON.parse(head) as { width?: number; height?: number; term?: { cols: number; rows: number } };
    const events = lines
      .filter((line) => line.startsWith('['))
      .map((line) => JSON.parse(line) as [number, string, string]);
    const cols = header.width ?? header.term?.cols ?? 80;
    const rows = header.height ?? header.term?.rows ?? 24;
    return {
      cols: Math.max(cols, 1),
      rows: Math.max(rows, 1),
      output: events.flatMap(([, code, text]) => (code === 'o' ? [text] : [])).join(''),
    };
  } catch {
    return null;
  }
};

const COMPARED_LENGTH_MAX = 200_000;
const COMPARED_CELLS_MAX = 40_000;
const forbidden = /\u001b[\]P_^XZ]|[\u0005\u0080-\u009f]|\u001b\[[^@-~!"]*[cntpq]/;

corpusTest('recordings of the corpus show the same when they are filtered', async () => {
  const folder = path.join(corpusDir ?? '', 'cast');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.cast'),
  );
  let passed = 0;
  let compared = 0;
  const differing: string[] = [];
  for (const entry of files) {
    const cast = castOf(path.join(entry.parentPath, entry.name));
    if (cast === null) continue;
    const left = filtered(cast.output);
    expect(forbidden.test(left)).toBe(false);
    passed += 1;
    if (cast.output.length > COMPARED_LENGTH_MAX || cast.cols * cast.rows > COMPARED_CELLS_MAX) continue;
    compared += 1;
    // Erasing what scrolled off is left out on purpose: both without it.
    const [plain, safe] = await Promise.all([
      screenOf(cast.output.replaceAll('\u001b[3J', ''), cast.cols, cast.rows),
      screenOf(left, cast.cols, cast.rows),
    ]);
    if (JSON.stringify(plain) !== JSON.stringify(safe)) differing.push(entry.name);
  }
  expect(differing).toEqual([]);
  expect(compared).toBeGreaterThan(100);
  expect(passed).toBeGreaterThan(compared);
});
