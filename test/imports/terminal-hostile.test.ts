import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { NotARecording } from '../../src/format/asciicast/not-a-recording.ts';
import { rawTerminalFormat } from '../../src/imports/raw-terminal.ts';
import { sudoEventsFormat } from '../../src/imports/sudo-events.ts';
import { sudoIologFormat } from '../../src/imports/sudo-iolog.ts';
import { ttyrecFormat } from '../../src/imports/ttyrec.ts';
import { typescriptFormat } from '../../src/imports/typescript.ts';
import { EVENT_BYTES_MAX, LABELS_BYTES_MAX, RECORDING_MS_MAX } from '../../src/model/limits.ts';
import { headOf, type MemoryFolder } from './memory-folder.ts';
import { type ReadFile, readTerminal } from './read-terminal.ts';

const formats = [ttyrecFormat, typescriptFormat, sudoIologFormat, sudoEventsFormat, rawTerminalFormat];

/** Whatever the files hold: they are refused as no recording, or every event of them can be stored. */
const readOrRefused = async (format: (typeof formats)[number], folder: MemoryFolder, name: string): Promise<void> => {
  format.recognises(headOf(folder, name));
  format.isCompanion?.(headOf(folder, name));
  let file: ReadFile;
  try {
    file = await readTerminal(format, folder, name, { columns: 80, rows: 24 });
  } catch (error) {
    expect(error).toBeInstanceOf(NotARecording);
    return;
  }
  for (const { session, events } of file.sessions) {
    expect(Buffer.byteLength(JSON.stringify(session.labels))).toBeLessThanOrEqual(LABELS_BYTES_MAX);
    for (const { timeMs, payload } of events) {
      expect(timeMs).toBeGreaterThanOrEqual(0);
      expect(timeMs).toBeLessThanOrEqual(RECORDING_MS_MAX);
      if (payload[0] instanceof Uint8Array) expect(payload[0].length).toBeLessThanOrEqual(EVENT_BYTES_MAX);
    }
  }
};

const text = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(
      fc.constantFrom(
        '0.5 3\n',
        '1e9 99999999999\n',
        'O 0.1 4\n',
        'H 0.0 COLUMNS 999999\n',
        'S 0.1 SIGWINCH ROWS=1 COLS=1\n',

        '4 0.5 3\n',
        '9999999999.9 1\n',
        '7 0.1 TSTP\n',
        'Script started on x\n',
        '{"__proto__": {"submituser": 1}}\n',

        '1:a:b:c:d:1:1\n/x\nls\n',
        '{"command":"\u0000<b>","submituser":"\\ud800","runargv":[]}',
        '\u0000\u001b]0;x\u0007',
        '\n',
        '{\n    "accept": {\n',
        '    }\n',
        'a : TTY=x ; USER=y ; COMMAND=z\n',
        '@cee:{"sudo":{"exit":{}}}\n',
      ),
      { maxLength: 8 },
    )
    .map((parts) => Buffer.from(parts.join(''))),
);

test('whatever the files hold, they are refused as such or can be stored, and nothing is thrown that is not expected', async () => {
  await fc.assert(
    fc.asyncProperty(text, text, text, async (first, second, third) => {
      const folder = {
        log: first,
        timing: second,
        ttyout: third,
        'log.timing': second,
        'size.json': third,
        'a.raw': first,
      };
      for (const format of formats) await readOrRefused(format, folder, format === rawTerminalFormat ? 'a.raw' : 'log');
    }),
    { numRuns: 300 },
  );
});

test('lines without end are refused in a time that grows with them, and no faster', async () => {
  const spaces = `4 0.1 1${' '.repeat(1_000_000)}x\n`;
  const folder = { log: '1:a:b:c:d:1:1\n/x\nls\n', timing: `${spaces}4 0.1 1\n`, ttyout: 'x' };
  await expect(readTerminal(sudoIologFormat, folder, 'log')).rejects.toMatchObject({ line: 1 });
  const started = {
    a: `Script started on ${' ['.repeat(4000)}x\n`,
    'a.time': `0.1 1${' '.repeat(1_000_000)}x\n0.1 1\n`,
  };
  await expect(readTerminal(typescriptFormat, started, 'a')).rejects.toMatchObject({ line: 1 });
  const escapes = `a : TTY=x ; USER=y ; COMMAND=${'#011'.repeat(1_000_000)}\n`;
  const { sessions } = await readTerminal(sudoEventsFormat, { log: escapes }, 'log');
  expect(sessions).toHaveLength(1);
});
