import { sendText } from '../answer.ts';
import type { Route } from './route.ts';

/** How the server itself does, for Prometheus. */
export const metricsRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/metrics',
    action: 'read-metrics',
    handle: async ({ parts, response }) => {
      const { contentType, text } = await parts.metrics.text();
      sendText(response, 200, contentType, text);
    },
  },
];
