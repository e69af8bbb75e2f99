import type { IncomingMessage, ServerResponse } from 'node:http';
import { originOf } from './origin.ts';
import type { NetworkSettings } from './settings.ts';

const ALLOWED_METHODS = 'GET, HEAD, POST, PUT';
const ALLOWED_HEADERS = 'x-access-token, authorization, content-type';
const EXPOSED_HEADERS = 'x-request-id, retry-after, next-cursor';
/** A browser asks again after this. */
const PREFLIGHT_SECONDS = '600';

type Origins = Pick<NetworkSettings, 'allowedOrigins'>;

const isConfigured = ({ headers }: IncomingMessage, { allowedOrigins }: Origins): boolean =>
  headers.origin !== undefined && allowedOrigins.includes(headers.origin);

/**
 * Whether the page that a request comes from may act here: one of this server, or of a configured origin. Browsers do not ask
 * before they open a WebSocket, so that whoever takes one over asks this. Programs that are no browser say no origin, and
 * may.
 */
export const isAllowedOrigin = (request: IncomingMessage, network: NetworkSettings): boolean => {
  const { origin } = request.headers;
  if (origin === undefined || isConfigured(request, network)) return true;
  const host = URL.parse(origin)?.host;
  if (host === undefined || host === '') return false;
  const ownHosts = [originOf(request, network).host, URL.parse(network.publicUrl ?? '')?.host ?? null];
  return ownHosts.includes(host);
};

/**
 * Lets pages of the configured origins read answers: those exactly, never any, and never with cookies. Without configured
 * origins no answer has any of these headers.
 */
export const setCorsHeaders = (request: IncomingMessage, response: ServerResponse, network: NetworkSettings): void => {
  if (network.allowedOrigins.length === 0) return;
  response.setHeader('vary', 'origin');
  if (!isConfigured(request, network)) return;
  response.setHeader('access-control-allow-origin', request.headers.origin ?? '');
  response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
};

/** Whether a browser asks, for a page of a configured origin, if it may send what it is about to. */
export const isPreflight = (request: IncomingMessage, network: NetworkSettings): boolean =>
  request.method === 'OPTIONS' &&
  request.headers['access-control-request-method'] !== undefined &&
  isConfigured(request, network);

export const sendPreflight = (response: ServerResponse): void => {
  response.setHeader('access-control-allow-methods', ALLOWED_METHODS);
  response.setHeader('access-control-allow-headers', ALLOWED_HEADERS);
  response.setHeader('access-control-max-age', PREFLIGHT_SECONDS);
  response.writeHead(204).end();
};
