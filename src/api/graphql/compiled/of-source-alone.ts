type OfSource = (source: never) => unknown;

const known = new WeakSet<OfSource>();

/**
 * Says of a resolver that all it does is to look at its source: it may be called with nothing else made for it, and twice.
 * What wraps such a resolver is none.
 */
export const ofSourceAlone = <Resolve extends OfSource>(resolve: Resolve): Resolve => {
  known.add(resolve);
  return resolve;
};

/** Whether this was said of it. */
export const isOfSourceAlone = (resolve: OfSource): boolean => known.has(resolve);
