import type { ReadSession } from '../client/read-session.ts';
import { shownMoment } from './moment.ts';
import { printable } from './printable.ts';
import { fitted } from './text-cells.ts';

type Column = {
  readonly title: string;
  readonly textOf: (session: ReadSession) => string;
  /** Cells that it has at least, and at most where there is room. */
  readonly least: number;
  readonly most: number;
  /** The first to go from a narrow terminal is the one with the highest. */
  readonly rank: number;
};

const GAP = '  ';

/** `14 s`, `5 min`, `3.2 h`: short, for people. */
export const shownDuration = (durationMs: number): string => {
  const seconds = durationMs / 1000;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
};

const columns: readonly Column[] = [
  { title: 'STARTED (UTC)', textOf: ({ startedAtMs }) => shownMoment(startedAtMs), least: 19, most: 19, rank: 1 },
  { title: 'SESSION', textOf: ({ sessionId }) => sessionId, least: 36, most: 36, rank: 0 },
  { title: 'STATUS', textOf: ({ status }) => status, least: 7, most: 7, rank: 3 },
  { title: 'PROTOCOL', textOf: ({ protocol }) => protocol, least: 10, most: 10, rank: 6 },
  { title: 'USER', textOf: ({ user }) => user.identity, least: 12, most: 32, rank: 2 },
  { title: 'SOCKET', textOf: ({ socket }) => socket.name, least: 12, most: 28, rank: 4 },
  { title: 'LENGTH', textOf: ({ durationMs }) => shownDuration(durationMs), least: 8, most: 8, rank: 5 },
  { title: 'CLIENT', textOf: ({ client }) => client.ip, least: 15, most: 39, rank: 7 },
  { title: 'RECORDING', textOf: ({ recordingState }) => recordingState, least: 9, most: 9, rank: 8 },
];

/** Cells between columns are counted with the column before. */
const widthOf = (chosen: readonly Column[]): number =>
  chosen.reduce((sum, { least }) => sum + least + GAP.length, -GAP.length);

/** The columns that fit, by rank, in their order. */
const columnsFor = (width: number): readonly Column[] => {
  const byRank = columns.toSorted((one, other) => one.rank - other.rank);
  const count = byRank.findIndex((_, at) => widthOf(byRank.slice(0, at + 1)) > width);
  const chosen = new Set(byRank.slice(0, count === -1 ? byRank.length : Math.max(count, 1)));
  return columns.filter((column) => chosen.has(column));
};

/** Lines of a table that fits a terminal of this width: the session's id is always whole. */
export class SessionTable {
  readonly #columns: readonly { readonly column: Column; readonly width: number }[];

  constructor(width: number) {
    const chosen = columnsFor(width);
    let spare = width - widthOf(chosen);
    this.#columns = chosen.map((column) => {
      const more = Math.max(Math.min(spare, column.most - column.least), 0);
      spare -= more;
      return { column, width: column.least + more };
    });
  }

  head(): string {
    return this.#line(({ title }) => title);
  }

  line(session: ReadSession): string {
    return this.#line(({ textOf }) => textOf(session));
  }

  #line(textOf: (column: Column) => string): string {
    const cells = this.#columns.map(({ column, width }) => fitted(printable(textOf(column)), width));
    return cells.join(GAP).trimEnd();
  }
}

/** A session as a line for a program or a pipe: everything whole, nothing cut. */
export const sessionLine = (session: ReadSession): string =>
  [
    shownMoment(session.startedAtMs),
    printable(session.sessionId),
    printable(session.status).padEnd(7),
    printable(session.protocol).padEnd(10),
    printable(session.user.identity).padEnd(32),
    printable(session.socket.name).padEnd(24),
    `${(session.durationMs / 1000).toFixed(1)} s`,
  ].join(GAP);
