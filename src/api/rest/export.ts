import { answerEventExport } from './export-events.ts';
import { answerSessionExport } from './export-sessions.ts';
import type { Route } from './route.ts';

/** What changed, a line of JSON each, for whoever keeps the log elsewhere too: each answer says where to go on. */
export const exportRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/export/sessions.ndjson', action: 'read-metadata', handle: answerSessionExport },
  { method: 'GET', pattern: '/export/events.ndjson', action: 'read-recording', handle: answerEventExport },
];
