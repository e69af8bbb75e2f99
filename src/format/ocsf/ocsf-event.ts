import {
  exportedAtMs,
  exportedEventId,
  type ExportedEvent,
  exportedPayload,
  type ExportedRecordingEvent,
} from '../exported.ts';
import { ocsfEventOf, type OcsfFacts } from './ocsf-base.ts';
import { classOf, otherActivity } from './ocsf-class.ts';
import { type Told, toldOf } from './ocsf-told.ts';

/** Something that happened, as an event of the schema. @param version this program's */
export const ocsfEvent = (exported: ExportedEvent, version: string): object => {
  const told = exported.of === 'session' ? storyOf(exported) : recordedOf(exported);
  return ocsfEventOf(
    exported.session,
    { uid: exportedEventId(exported), timeMs: exportedAtMs(exported), severity: 1, status: 1, ...told },
    version,
  );
};

type Facts = Pick<OcsfFacts, 'activity' | 'message'> & Partial<OcsfFacts>;

const storyOf = ({ session, event }: Extract<ExportedEvent, { readonly of: 'session' }>): Facts => {
  const unmapped = {
    kind: event.kind,
    actor: event.actor,
    recording_id: event.recordingId,
    details: event.details,
  };
  const { message } = event;
  if (event.kind === 'DENIED') {
    const activity = { class: 'authentication', id: 1, name: 'Logon' } as const;
    return { activity, message, severity: 2, status: 2, attributes: { status_detail: message }, unmapped };
  }
  const severity = event.kind === 'KILLED' || event.kind === 'KILL_REQUESTED' ? 3 : event.kind === 'LOST' ? 2 : 1;
  return { activity: otherActivity(classOf(session), event.kind), message, severity, unmapped };
};

const recordedOf = (exported: ExportedRecordingEvent): Facts => {
  const { session, recording, ordinal, event, payload } = exported;
  const told: Told | null = payload === null ? null : toldOf(payload, session);
  return {
    activity: told?.activity ?? otherActivity(classOf(session), event.code),
    message: told?.message ?? event.code,
    severity: event.code === 'gap' ? 3 : 1,
    status: told?.status ?? 1,
    attributes: told?.attributes ?? {},
    unmapped: {
      recording_id: recording.recordingId,
      event_index: ordinal,
      code: event.code,
      payload: exportedPayload(exported),
    },
  };
};
