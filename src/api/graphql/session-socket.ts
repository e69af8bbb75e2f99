import type { SessionSocket } from '../../model/session.ts';
import { builder } from './builder.ts';
import { visibilityFor } from './context.ts';
import { SocketRef } from './refs.ts';
import { SessionProtocolEnum } from './session-enums.ts';

export const SessionSocketRef = builder.objectRef<SessionSocket>('SessionSocket').implement({
  description: 'What a session went to, as it was when it began: it does not change when the socket is renamed.',
  fields: (t) => ({
    socketId: t.expose('socketId', {
      type: 'UUID',
      description: "The socket's own id, which stays when its name changes.",
    }),
    name: t.exposeString('name', { description: 'Its name at that time.' }),
    protocol: t.expose('protocol', { type: SessionProtocolEnum, description: 'How this session spoke.' }),
    socket: t.field({
      type: SocketRef,
      description: 'The same socket as known today, with all its sessions.',
      resolve: async (socket, _arguments, context) =>
        (await context.parts.catalog.socket(visibilityFor(context, 'read-metadata'), socket.socketId)) ?? socket,
    }),
  }),
});
