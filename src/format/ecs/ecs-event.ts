import type { SessionEventKind } from '../../model/session.ts';
import {
  exportedAtMs,
  exportedEventId,
  type ExportedEvent,
  exportedPayload,
  type ExportedRecordingEvent,
} from '../exported.ts';
import { ecsDocumentOf } from './ecs-base.ts';
import { ecsToldOf } from './ecs-told.ts';

/** Something that happened, as a document of the schema. */
export const ecsEvent = (exported: ExportedEvent): object => {
  const facts = { id: exportedEventId(exported), timeMs: exportedAtMs(exported) };
  return exported.of === 'session' ? storyOf(exported, facts) : recordedOf(exported, facts);
};

type Named = { readonly id: string; readonly timeMs: number };

const types: Readonly<Partial<Record<SessionEventKind, string>>> = {
  STARTED: 'start',
  ENDED: 'end',
  KILLED: 'end',
};

const storyOf = ({ session, event }: Extract<ExportedEvent, { readonly of: 'session' }>, named: Named): object => {
  const isAccess = event.kind === 'AUTHORIZED' || event.kind === 'DENIED';
  return ecsDocumentOf(session, {
    ...named,
    dataset: 'story',
    category: [isAccess ? 'authentication' : 'session'],
    type: [isAccess ? 'start' : (types[event.kind] ?? 'info')],
    action: event.kind.toLowerCase().replaceAll('_', '-'),
    outcome: event.kind === 'DENIED' ? 'failure' : event.kind === 'LOST' ? 'unknown' : 'success',
    message: event.message,
    own: {
      actor: event.actor,
      recording: event.recordingId === null ? null : { id: event.recordingId },
      details: event.details,
    },
  });
};

const recordedOf = (exported: ExportedRecordingEvent, named: Named): object => {
  const { session, recording, ordinal, event, payload } = exported;
  const told = payload === null ? null : ecsToldOf(payload);
  return ecsDocumentOf(session, {
    ...named,
    dataset: 'recording',
    category: ['session'],
    type: [event.code === 'x' ? 'end' : 'info'],
    action: event.code,
    outcome: 'success',
    message: event.code,
    ...told,
    own: {
      recording: { id: recording.recordingId, event_index: ordinal, code: event.code },
      payload: exportedPayload(exported),
    },
  });
};
