import { ecsEvent } from '../../format/ecs/ecs-event.ts';
import { ecsSession } from '../../format/ecs/ecs-session.ts';
import type { ExportLanguage } from '../../format/exported.ts';
import { nativeEvent } from '../../format/native-session-event.ts';
import { nativeSession } from '../../format/native-session.ts';
import { ocsfEvent } from '../../format/ocsf/ocsf-event.ts';
import { ocsfSession } from '../../format/ocsf/ocsf-session.ts';
import { oneOf } from './query.ts';

const exportFormats = ['native', 'ocsf', 'ecs'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What `format` asks for; native when it is absent. @throws InvalidInput */
export const exportFormatOf = (query: URLSearchParams): ExportFormat =>
  oneOf(query, 'format', exportFormats) ?? 'native';

/** @param version this program's, which OCSF wants to be told */
export const exportLanguage = (format: ExportFormat, version: string): ExportLanguage => {
  switch (format) {
    case 'native':
      return { session: nativeSession, event: nativeEvent };
    case 'ocsf':
      return {
        session: (exported) => ocsfSession(exported, version),
        event: (exported) => ocsfEvent(exported, version),
      };
    case 'ecs':
      return { session: ecsSession, event: ecsEvent };
  }
};
