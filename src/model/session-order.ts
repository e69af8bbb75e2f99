import type { SessionOrder, SessionOrderField } from './session-filter.ts';
import type { Session } from './session.ts';

/** The name of each order in cursors. */
const orderNames: Readonly<Record<SessionOrderField, string>> = {
  STARTED_AT: 'started',
  LAST_SEEN_AT: 'seen',
  DURATION: 'duration',
};

/** The name that cursors of this order carry. Both directions share it: a place is a place whichever way one goes on. */
export const sessionOrderName = (order: SessionOrder): string => orderNames[order.field];

/** How many numbers a key of this order has. */
export const sessionKeyLength = (order: SessionOrder): number => (order.field === 'STARTED_AT' ? 1 : 2);

/** The session's place in this order. */
export const sessionKey = (session: Session, order: SessionOrder): readonly number[] => {
  switch (order.field) {
    case 'STARTED_AT':
      return [session.position];
    case 'LAST_SEEN_AT':
      return [session.lastSeenAtMs, session.position];
    case 'DURATION':
      return [session.durationMs, session.position];
  }
};
