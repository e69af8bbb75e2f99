import type { SessionFilter } from '../../../model/session-filter.ts';
import type { ConditionField } from './session-conditions.ts';

/** An index of sessions, each of which ends in the row's position: with values for all its columns it is in start order. */
export type SessionIndex = {
  readonly name: string;
  /** The fields of a filter that ask for values of its columns, in the order of the columns. */
  readonly fields: readonly ConditionField[];
  /** What is true of the sessions in it, and for which filters it has all that match; null: all are in it. */
  readonly part: {
    readonly holds: string;
    readonly has: (filter: SessionFilter) => boolean;
    /** The field that asks for nothing but this. */
    readonly covers: ConditionField | null;
  } | null;
};

const killed: SessionIndex['part'] = {
  holds: 'kill_requested_ms IS NOT NULL',
  has: (filter) => filter.killed === true,
  covers: 'killed',
};

const notEnded: SessionIndex['part'] = {
  holds: `status <> 'ENDED'`,
  has: (filter) => filter.statuses !== null && !filter.statuses.includes('ENDED'),
  covers: null,
};

/** Those of two conditions first. */
export const sessionIndexes: readonly SessionIndex[] = [
  { name: 'sessions_killed_by_user', fields: ['userIdentities'], part: killed },
  { name: 'sessions_by_user_status', fields: ['userIdentities', 'statuses'], part: notEnded },
  { name: 'sessions_by_socket_status', fields: ['socketIds', 'statuses'], part: notEnded },
  { name: 'sessions_by_socket_name_status', fields: ['socketNames', 'statuses'], part: notEnded },
  { name: 'sessions_by_protocol_country', fields: ['protocols', 'countryCodes'], part: null },
  { name: 'sessions_by_user', fields: ['userIdentities'], part: null },
  { name: 'sessions_by_email', fields: ['userEmails'], part: null },
  { name: 'sessions_by_socket', fields: ['socketIds'], part: null },
  { name: 'sessions_by_socket_name', fields: ['socketNames'], part: null },
  { name: 'sessions_by_address', fields: ['clientIps'], part: null },
  { name: 'sessions_killed', fields: [], part: killed },
  { name: 'sessions_by_country', fields: ['countryCodes'], part: null },
  { name: 'sessions_by_upstream', fields: ['upstreams'], part: null },
  { name: 'sessions_by_protocol', fields: ['protocols'], part: null },
  { name: 'sessions_by_status', fields: ['statuses'], part: null },
  { name: 'sessions_by_recording_state', fields: ['recordingStates'], part: null },
  { name: 'sessions_by_producer', fields: ['producer'], part: null },
];
