import type { SessionServer } from '../../model/session.ts';
import { builder } from './builder.ts';

export const SessionServerRef = builder.objectRef<SessionServer>('SessionServer').implement({
  description: 'The address that a session asked for.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Host name or address.' }),
    port: t.exposeInt('port', { description: 'TCP port.' }),
  }),
});
