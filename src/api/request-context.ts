import { AsyncLocalStorage } from 'node:async_hooks';

/** What belongs to the request within which code runs, for those that are not handed it: log lines. */
export type RequestContext = { readonly requestId: string };

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work`, and whatever it starts, within this request. */
export const withinRequest = <Result>(context: RequestContext, work: () => Result): Result =>
  storage.run(context, work);

/** Null outside of any request: upkeep, starting, stopping. */
export const currentRequest = (): RequestContext | null => storage.getStore() ?? null;
