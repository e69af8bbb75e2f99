import { mustBeAllowed, type Action } from '../../model/access.ts';
import { Forbidden, InvalidInput, NotFound } from '../../model/errors.ts';
import { localViewer } from '../authenticate.ts';
import type { Exchange } from '../exchange.ts';
import { HttpError } from '../http-error.ts';

export type Method = 'GET' | 'PUT' | 'POST';

/** The parts of a path that its pattern names. */
export type PathParameters = Readonly<Record<string, string>>;

export type Route = {
  readonly method: Method;
  /** `/api/v1/session/:socket_id`: a part that begins with a colon takes any one part of a path. */
  readonly pattern: string;
  /** What the caller must be allowed to; `local`: only whoever has the token of this process. */
  readonly action: Action | 'local';
  readonly handle: (exchange: Exchange, parameters: PathParameters) => Promise<void>;
};

/** A part of the path, named in the pattern. */
export const parameter = (parameters: PathParameters, name: string): string => {
  const value = parameters[name];
  if (value === undefined) throw new Error(`the route has no parameter ${name}`);
  return value;
};

const decodePart = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new InvalidInput('path', 'the path has a % that no two hexadecimal digits follow');
  }
};

const match = (pattern: string, parts: readonly string[]): PathParameters | null => {
  const wanted = pattern.split('/');
  if (wanted.length !== parts.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const want = wanted[index] ?? '';
    if (want.startsWith(':') && part !== '') parameters[want.slice(1)] = part;
    else if (want !== part) return null;
  }
  return parameters;
};

const mustBeLocal = ({ viewer }: Exchange): void => {
  if (viewer !== localViewer) throw new Forbidden('only this machine may, with the token of the running process');
};

/** HEAD is GET without the body, which node:http leaves out by itself. */
const takes = (route: Route, method: string | undefined): boolean =>
  route.method === method || (route.method === 'GET' && method === 'HEAD');

/** Finds the route, checks that the caller may, and answers. @throws NotFound, Forbidden, HttpError 405 with Allow */
export const answerByRoute = async (routes: readonly Route[], exchange: Exchange): Promise<void> => {
  const { path, request, viewer, trace } = exchange;
  const parts = path.split('/').map(decodePart);
  const found = routes.flatMap((route) => {
    const parameters = match(route.pattern, parts);
    return parameters === null ? [] : [{ route, parameters }];
  });
  if (found.length === 0) throw new NotFound('there is nothing at this path');
  const chosen = found.find(({ route }) => takes(route, request.method));
  if (chosen === undefined) {
    const allow = found.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method])).join(', ');
    throw new HttpError(405, 'METHOD_NOT_ALLOWED', `this path takes ${allow}`, { allow });
  }
  const { action, pattern } = chosen.route;
  trace.route = pattern;
  if (action === 'local') mustBeLocal(exchange);
  else mustBeAllowed(viewer, action);
  await chosen.route.handle(exchange, chosen.parameters);
};
