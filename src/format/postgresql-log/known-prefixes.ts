import { LinePrefix } from './line-prefix.ts';

/** log_line_prefixes that people use, recognised from a file's first lines when nobody says which one it is. */
const texts: readonly string[] = [
  // The server's own since version 10; Debian's; and both with more beside.
  '%m [%p] ',
  '%m [%p] %q%u@%d ',
  '%m [%p] %q[user=%u,db=%d,app=%a] ',
  '%m [%p] %h %u@%d ',
  '%m [%p] %r %u@%d ',
  '%m [%p] user=%u,db=%d ',
  '%m [%p] user=%u,db=%d,app=%a,client=%h ',
  '%m [%p] [queryid=%Q] %u@%d ',
  '%m [%p] %l-1 %q%u@%d ',
  '%m [%p]: [%l-1] user=%u,db=%d ',
  '%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ',
  '%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ',
  '%m [%c] %q%u@%d ',
  // pgBadger's.
  '%t [%p]: ',
  '%t [%p]: [%l-1] ',
  '%t [%p]: [%l-1] user=%u,db=%d ',
  '%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ',
  '%t [%p]: [%l-1] user=%u,db=%d,host=%h,app=%a ',
  '%t [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ',
  '%t [%p]: user=%u,db=%d,app=%a,client=%h ',
  '%t [%p]: db=%d,user=%u,app=%a,client=%h ',
  '%t [%p]: user=%u,db=%d ',
  '%t [%p]: [%l-1] [%x] usr=%u,db=%d,appli=%a ',
  // Amazon RDS and Aurora.
  '%t:%r:%u@%d:[%p]:',
  '%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:',
  // Supabase, and others that begin with the address.
  '%h %m [%p] %q%u@%d ',
  // Azure.
  '%t-%c-',
  // Red Hat's of old, and none but the time.
  '< %m >',
  '< %m %u@%d >',
  '%m ',
];

/** What is left where another program writes the time and the process id: syslog, Cloud SQL. */
const innerTexts: readonly string[] = [
  '[%p]: [%l-1] db=%d,user=%u ',
  'db=%d,user=%u,app=%a,client=%h ',
  'user=%u,db=%d,app=%a,client=%h ',
  'user=%u,db=%d ',
  'db=%d,user=%u ',
  '%q%u@%d ',
  '%u@%d ',
  '[%p]: ',
  '',
];

const compiled = (list: readonly string[]): readonly LinePrefix[] => list.map((text) => new LinePrefix(text));

/** Prefixes with a time. */
export const knownPrefixes: readonly LinePrefix[] = compiled(texts);
/** Prefixes without one, and before them those with, for lines that bring a time of their own. */
export const knownInnerPrefixes: readonly LinePrefix[] = [...knownPrefixes, ...compiled(innerTexts)];

/**
 * Those of the prefixes that fit these lines, the one that fits most of them first; of two that fit as many, the one that says
 * more.
 */
export const fittingPrefixes = (lines: readonly string[], asked: readonly LinePrefix[]): readonly LinePrefix[] =>
  asked
    .map((prefix) => ({
      prefix,
      count: lines.reduce((count, line) => count + (prefix.read(line) === null ? 0 : 1), 0),
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || b.prefix.literalLength - a.prefix.literalLength)
    .map(({ prefix }) => prefix);
