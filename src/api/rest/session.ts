import { noSuchSession, visibilityOf } from '../../model/access.ts';
import { Conflict, InvalidInput, SessionEnded } from '../../model/errors.ts';
import { parseSessionId, parseSocketId } from '../../model/parse-id.ts';
import type { Session } from '../../model/session.ts';
import { sendJson } from '../answer.ts';
import { readJsonBody } from '../body.ts';
import type { Exchange } from '../exchange.ts';
import { parameter, type PathParameters, type Route } from './route.ts';
import { sessionElement } from './session-element.ts';

/** Bytes of `{"killed":true}`, with room for what else clients send along. */
const KILL_BODY_BYTES_MAX = 16 * 1024;

/** The session of a path. @throws NotFound also when it is there and went to another socket */
export const sessionOfPath = async ({ parts, viewer }: Exchange, parameters: PathParameters): Promise<Session> => {
  const socketId = parseSocketId(parameter(parameters, 'socket_id'), 'socket_id');
  const sessionId = parseSessionId(parameter(parameters, 'session_id'), 'session_id');
  const session = await parts.catalog.session(visibilityOf(viewer), sessionId);
  return session?.socket.socketId === socketId ? session : noSuchSession();
};

const sendSession = async ({ parts, viewer, response }: Exchange, session: Session): Promise<void> =>
  sendJson(response, 200, await sessionElement(parts.catalog, visibilityOf(viewer), session));

const answerOne = async (exchange: Exchange, parameters: PathParameters): Promise<void> =>
  sendSession(exchange, await sessionOfPath(exchange, parameters));

/** @throws InvalidInput for anything but `{"killed": true}` */
const mustSayKilled = (body: unknown): void => {
  const killed = typeof body === 'object' && body !== null && 'killed' in body ? body.killed : undefined;
  if (killed !== true) throw new InvalidInput('killed', 'killed must be true: a kill cannot be taken back');
};

const answerKill = async (exchange: Exchange, parameters: PathParameters): Promise<void> => {
  mustSayKilled(await readJsonBody(exchange.request, KILL_BODY_BYTES_MAX));
  const { sessionId } = await sessionOfPath(exchange, parameters);
  try {
    await sendSession(exchange, await exchange.parts.kills.request(exchange.caller, sessionId, null));
  } catch (error) {
    // These clients know no 410.
    if (error instanceof SessionEnded) throw new Conflict(error.message);
    throw error;
  }
};

export const sessionRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/api/v1/session/:socket_id/:session_id', action: 'read-metadata', handle: answerOne },
  { method: 'PUT', pattern: '/api/v1/session/:socket_id/:session_id', action: 'kill', handle: answerKill },
];
