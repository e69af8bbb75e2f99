import { isJsonObject, type JsonObject } from '../lines/json-fields.ts';
import type { LogLine } from '../lines/log-lines.ts';

const kinds = ['accept', 'reject', 'alert', 'exit'] as const;
/** What an event of sudo's JSON log says: a command was let run, or not; something is odd; it has ended. */
export type SudoEventKind = (typeof kinds)[number];

/** An event, or why lines are none. */
export type SudoJsonEvent =
  | { readonly line: number; readonly kind: SudoEventKind; readonly fields: JsonObject }
  | { readonly line: number; readonly problem: string };

/** Bytes of one event, of many lines. */
const EVENT_LENGTH_MAX = 1024 * 1024;

const opens = /^(\s{0,16})"(accept|reject|alert|exit)": ?\{\s*$/;

/**
 * Events of sudo's JSON log: one a line (`json_compact`, and behind `@cee:` in a syslog), or over many lines within one object
 * that has the same names again and again (`json`), or an object by itself, which is an accepted command. It holds one event.
 */
export class SudoJsonReader {
  #held: {
    readonly line: number;
    readonly kind: SudoEventKind;
    readonly end: string;
    texts: string[];
    size: number;
  } | null = null;

  push({ number, text }: LogLine): readonly SudoJsonEvent[] {
    if (text === null) return [{ line: number, problem: 'the line is too long' }];
    if (this.#held !== null) return this.#hold(text);
    const opened = opens.exec(text);
    if (opened !== null) return this.#begin(number, opened[2] as SudoEventKind, `${opened[1] ?? ''}}`);
    const bare = text.replace(/^@cee: ?/, '').trim();
    if (bare === '{') return this.#begin(number, 'accept', '}');
    if (['', '}', '},'].includes(bare)) return [];
    return eventsOf(number, bare);
  }

  end(): readonly SudoJsonEvent[] {
    const line = this.#held?.line;
    this.#held = null;
    return line === undefined ? [] : [{ line, problem: 'the event does not end' }];
  }

  #begin(line: number, kind: SudoEventKind, end: string): readonly SudoJsonEvent[] {
    this.#held = { line, kind, end, texts: ['{'], size: 0 };
    return [];
  }

  #hold(text: string): readonly SudoJsonEvent[] {
    const held = this.#held;
    if (held === null) return [];
    const { line, kind, end, texts } = held;
    const opened = opens.exec(text);
    // The object that was begun is the one that holds all events.
    if (opened !== null && texts.length === 1) {
      return this.#begin(Number(line) + 1, opened[2] as SudoEventKind, `${opened[1] ?? ''}}`);
    }
    held.size += text.length;
    if (held.size > EVENT_LENGTH_MAX) {
      this.#held = null;
      return [{ line, problem: `the event has more than ${EVENT_LENGTH_MAX} characters` }];
    }
    const isEnd = text.trimEnd().replace(/,$/, '') === end;
    texts.push(isEnd ? '}' : text);
    if (!isEnd) return [];
    this.#held = null;
    const fields = parse(texts.join('\n'));
    if (!isJsonObject(fields)) return [{ line, problem: 'not JSON' }];
    const inner = end === '}' ? named(line, fields) : null;
    return inner ?? [{ line, kind, fields }];
  }
}

const eventsOf = (line: number, text: string): readonly SudoJsonEvent[] => {
  const value = parse(text);
  if (!isJsonObject(value)) return [{ line, problem: 'not JSON' }];
  const inner = isJsonObject(value['sudo']) ? value['sudo'] : value;
  return named(line, inner) ?? [{ line, kind: 'accept', fields: inner }];
};

/** The events that stand under their kinds; null when there are none. */
const named = (line: number, value: JsonObject): readonly SudoJsonEvent[] | null => {
  const events = kinds.flatMap((kind): readonly SudoJsonEvent[] => {
    const fields = Object.hasOwn(value, kind) ? value[kind] : null;
    return isJsonObject(fields) ? [{ line, kind, fields }] : [];
  });
  return events.length === 0 ? null : events;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
