import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NewSignIn } from '../../ingest/sign-ins.ts';
import type { RequestOrigin } from '../origin.ts';

/** A request for one of these paths, before anybody knows who asks. */
export type Asked = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly origin: RequestOrigin;
};

/** The same, for the part that knows of identity providers alone. */
export type SignInRequest = Asked & {
  /** Signs somebody in. @returns the cookie to set @throws Forbidden */
  readonly begin: (who: NewSignIn) => Promise<string>;
};
