import { newestFirst, type sessionOrderFields, type SessionOrder } from '../../model/session-filter.ts';
import { builder } from './builder.ts';

const SessionOrderFieldEnum = builder.enumType('SessionOrderField', {
  description: 'By what sessions are ordered.',
  values: {
    STARTED_AT: { description: 'When it began. Never changes, so that pages fit together while sessions are added.' },
    LAST_SEEN_AT: {
      description:
        'Its last sign of life. A session that shows one while you page moves, and may be seen twice or passed over.',
    },
    DURATION: { description: 'How long it lasted, or has lasted. Running sessions move while you page.' },
  } satisfies Record<(typeof sessionOrderFields)[number], object>,
});

const OrderDirectionEnum = builder.enumType('OrderDirection', {
  description: 'Which end of an order comes first.',
  values: { ASC: { description: 'Smallest or oldest first.' }, DESC: { description: 'Largest or newest first.' } },
});

export const SessionOrderInput = builder.inputType('SessionOrder', {
  description: 'An order of sessions.',
  fields: (t) => ({
    field: t.field({ type: SessionOrderFieldEnum, required: true, description: 'By what.' }),
    direction: t.field({ type: OrderDirectionEnum, required: true, description: 'Which end comes first.' }),
  }),
});

/** The default of every list of sessions. */
export const defaultSessionOrder: SessionOrder = newestFirst;
