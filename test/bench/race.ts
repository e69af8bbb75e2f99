/** What one run of a contestant did. */
export type Run = {
  /** In the series' unit times seconds: MB where the unit is MB/s. */
  readonly amount: number;
  readonly seconds: number;
  /** Processor time of the program under test; null where it is not measured. */
  readonly cpuMs: number | null;
  /** 99th percentile of its event loop's delay; null where it is not measured. */
  readonly loopDelayP99Ms: number | null;
};

export type Contestant = { readonly name: string; readonly run: () => Promise<Run> };

/** Contestants that do the same work, and the one of them that they are held against. */
export type Series = {
  readonly title: string;
  /** Of amount by seconds, such as MB/s. */
  readonly unit: string;
  readonly yardstick: string;
  readonly contestants: readonly Contestant[];
};

export type Standing = { readonly name: string; readonly runs: readonly Run[] };

/** One round that does not count, then rounds in which all run one after the other, each second round in reverse. */
export async function race(series: Series, rounds: number, tell: (line: string) => void): Promise<readonly Standing[]> {
  const runs = new Map<string, Run[]>(series.contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    tell(`${series.title}: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`);
    for (const { name, run } of round % 2 === 0 ? series.contestants : series.contestants.toReversed()) {
      const result = await run();
      if (round > 0) runs.get(name)?.push(result);
    }
  }
  return [...runs].map(([name, list]) => ({ name, runs: list }));
}

/** A Markdown table of medians, with the least and the most in brackets. */
export function standingsTable(series: Series, standings: readonly Standing[]): string {
  const yardstick = standings.find(({ name }) => name === series.yardstick);
  if (yardstick === undefined) throw new Error(`no contestant is named ${series.yardstick}`);
  const rows = standings.map(({ name, runs }) => [
    name,
    spread(runs.map(speedOf)),
    name === series.yardstick ? '1' : spread(runs.map((run, round) => speedOf(run) / speedAt(yardstick, round))),
    spread(present(runs.map(({ cpuMs, amount }) => (cpuMs === null ? null : cpuMs / amount)))),
    spread(present(runs.map(({ loopDelayP99Ms }) => loopDelayP99Ms))),
  ]);
  const head = [
    '',
    series.unit,
    `of ${series.yardstick}`,
    `CPU ms a ${series.unit.replace(/s?\/s$/, '')}`,
    'event loop p99 ms',
  ];
  return [
    `### ${series.title}`,
    '',
    ...[head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

/** The middle one, or the mean of the middle two. @throws RangeError when there is none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new RangeError('there is no median of nothing');
  return (low + high) / 2;
}

/** Runs and takes the time. */
export async function timed(run: () => Promise<number>): Promise<Run> {
  const start = performance.now();
  const amount = await run();
  return { amount, seconds: (performance.now() - start) / 1000, cpuMs: null, loopDelayP99Ms: null };
}

const speedOf = ({ amount, seconds }: Run): number => amount / seconds;

const speedAt = ({ runs }: Standing, round: number): number => {
  const run = runs[round];
  if (run === undefined) throw new Error('the yardstick ran fewer rounds than the others');
  return speedOf(run);
};

const present = (values: readonly (number | null)[]): readonly number[] => values.filter((value) => value !== null);

const spread = (values: readonly number[]): string =>
  values.length === 0
    ? '–'
    : `${threeDigits(median(values))} (${threeDigits(Math.min(...values))}..${threeDigits(Math.max(...values))})`;

const threeDigits = (value: number): string => String(Number(value.toPrecision(3)));
