const hours = (offset: number): number => offset * 3_600_000;

/**
 * Offsets from UTC in milliseconds of the abbreviations that PostgreSQL writes. The tz database has letters for these zones
 * only; all others are written as numbers. Where one abbreviation stands for several zones, it is the one of PostgreSQL's
 * own default set (`timezonesets/Default`), but IST is India's.
 */
const zoneOffsetsMs: ReadonlyMap<string, number> = new Map([
  ...['UTC', 'GMT', 'UCT', 'Z', 'WET', 'Etc/UTC'].map((name) => [name, 0] as const),
  ...['CET', 'MET', 'MEZ', 'WAT', 'BST', 'WEST'].map((name) => [name, hours(1)] as const),
  ...['CEST', 'MEST', 'MESZ', 'EET', 'SAST', 'CAT'].map((name) => [name, hours(2)] as const),
  ...['EEST', 'MSK', 'EAT', 'IDT'].map((name) => [name, hours(3)] as const),
  ['MSD', hours(4)],
  ['PKT', hours(5)],
  ['IST', hours(5.5)],
  ...['WIB', 'ICT'].map((name) => [name, hours(7)] as const),
  ...['HKT', 'SGT', 'AWST', 'WITA'].map((name) => [name, hours(8)] as const),
  ...['JST', 'KST', 'WIT'].map((name) => [name, hours(9)] as const),
  ['ACST', hours(9.5)],
  ...['AEST', 'ChST'].map((name) => [name, hours(10)] as const),
  ['ACDT', hours(10.5)],
  ['AEDT', hours(11)],
  ['NZST', hours(12)],
  ['NZDT', hours(13)],
  ['BRST', hours(-2)],
  ['NDT', hours(-2.5)],
  ...['BRT', 'ART', 'ADT'].map((name) => [name, hours(-3)] as const),
  ['NST', hours(-3.5)],
  ...['AST', 'EDT'].map((name) => [name, hours(-4)] as const),
  ...['EST', 'CDT'].map((name) => [name, hours(-5)] as const),
  ...['CST', 'MDT'].map((name) => [name, hours(-6)] as const),
  ...['MST', 'PDT'].map((name) => [name, hours(-7)] as const),
  ...['PST', 'AKDT'].map((name) => [name, hours(-8)] as const),
  ...['AKST', 'HDT'].map((name) => [name, hours(-9)] as const),
  ['HST', hours(-10)],
  ['SST', hours(-11)],
]);

/** Milliseconds that the zone's clocks are ahead of UTC: an abbreviation, or `+03`, `-0330`, `+05:30`. Null: unknown. */
export const zoneOffsetMs = (zone: string): number | null => {
  const numeric = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (numeric === null) return zoneOffsetsMs.get(zone) ?? null;
  const ms = Number(numeric[2]) * 3_600_000 + Number(numeric[3] ?? 0) * 60_000;
  return numeric[1] === '-' ? -ms : ms;
};
