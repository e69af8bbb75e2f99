import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A TCP connection that a test writes to byte by byte. */
export type RawConnection = {
  readonly socket: Socket;
  /** All that came, once the server has closed it. */
  readonly closed: Promise<string>;
};

/** Opens a connection to a server's URL. Whoever opened it destroys it. */
export const openRaw = async (url: string): Promise<RawConnection> => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (piece: string) => (text += piece));
  // A connection that is cut may be reset.
  socket.on('error', () => {});
  const closed = new Promise<string>((resolve) => void socket.once('close', () => resolve(text)));
  await once(socket, 'connect');
  return { socket, closed };
};

/** What the server says to these bytes, until it closes the connection. */
export const sayRaw = async (url: string, bytes: string): Promise<string> => {
  const { socket, closed } = await openRaw(url);
  socket.write(bytes);
  return closed;
};
