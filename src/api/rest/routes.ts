import { downloadRoutes } from './download.ts';
import { exportRoutes } from './export.ts';
import { feedingRoutes } from './feeding.ts';
import { localAuditRoutes } from './local-audit.ts';
import { liveRoutes } from './live.ts';
import { metricsRoutes } from './metrics-route.ts';
import type { Route } from './route.ts';
import { sessionListRoutes } from './session-list.ts';
import { sessionLogRoutes } from './session-log.ts';
import { sessionStatsRoutes } from './session-stats.ts';
import { sessionRoutes } from './session.ts';

/** Everything but GraphQL that needs a token. */
export const routes: readonly Route[] = [
  ...sessionListRoutes,
  ...sessionStatsRoutes,
  ...sessionRoutes,
  ...sessionLogRoutes,
  ...downloadRoutes,
  ...exportRoutes,
  ...liveRoutes,
  ...feedingRoutes,
  ...localAuditRoutes,
  ...metricsRoutes,
];
