import { isCells } from '../asciicast/asciicast-header.ts';

/** What a recorder of script(1)'s formats kept beside the output: asciinema before its version 1 did. */
export type TypescriptMeta = {
  readonly columns: number | null;
  readonly rows: number | null;
  readonly term: string | null;
  readonly command: string | null;
  readonly shell: string | null;
  readonly title: string | null;
};

/** @returns null for what is no JSON object */
export const readTypescriptMeta = (text: string): TypescriptMeta | null => {
  const meta = parse(text);
  if (meta === null) return null;
  const term = Object(meta['term']) as Record<string, unknown>;
  return {
    columns: cells(term['columns']),
    rows: cells(term['lines']),
    term: textOf(term['type']),
    command: textOf(meta['command']),
    shell: textOf(meta['shell']),
    title: textOf(meta['title']),
  };
};

const parse = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

const cells = (value: unknown): number | null => (isCells(value) ? value : null);
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
