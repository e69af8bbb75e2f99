import { NodeRef, writeGlobalId } from './node.ts';
import { SocketRef } from './refs.ts';
import { SessionProtocolEnum } from './session-enums.ts';

SocketRef.implement({
  description: 'A resource that sessions go to, as known today.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description: 'Global id, for node. Opaque.',
      resolve: (socket) => writeGlobalId('Socket', socket.socketId),
    }),
    socketId: t.expose('socketId', { type: 'UUID', description: 'Its own id, which stays when its name changes.' }),
    name: t.exposeString('name', { description: 'Its name, as its newest session had it.' }),
    protocol: t.expose('protocol', { type: SessionProtocolEnum, description: 'How its newest session spoke.' }),
  }),
});
