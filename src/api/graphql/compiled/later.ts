/** Whether a value is one to wait for. */
export const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  typeof (value as Partial<PromiseLike<unknown>>).then === 'function';

/** What nobody waits for any more fails without bringing the process down. */
export const ignoreRejections = (values: Iterable<unknown>): void => {
  for (const value of values) if (isPromiseLike(value)) value.then(undefined, () => {});
};

/** The same object, once all in it that has to be waited for is there. */
export const settled = async (object: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> => {
  const values = await Promise.all(Object.values(object));
  return Object.fromEntries(Object.keys(object).map((key, index) => [key, values[index]]));
};
