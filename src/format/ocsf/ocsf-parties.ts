import { isIpAddress } from '../../model/ip-address.ts';
import type { Location, Session } from '../../model/session.ts';
import { present } from '../present.ts';

/** What the schema's email_t takes. */
const emailPattern = /^[\w!#$%&'*+\-/=?^`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9.-]+$/;

/** Who. */
export const ocsfUser = ({ user }: Session): object =>
  present({
    name: user.identity,
    uid: user.sub,
    full_name: user.name,
    email_addr: user.email !== null && emailPattern.test(user.email) ? user.email : null,
    type_id: user.isServiceAccount ? 4 : 1,
    type: user.isServiceAccount ? 'Service' : 'User',
  });

export const ocsfActor = (session: Session): object => ({
  user: ocsfUser(session),
  session: { uid: session.sessionId, created_time: session.startedAtMs, is_remote: true },
});

/** Where from. */
export const ocsfSource = ({ client }: Session): object =>
  present({ ...addressOf(client.ip), port: client.port, location: locationOf(client.location) });

/** What to. */
export const ocsfDestination = ({ server, socket }: Session): object =>
  present({ ...addressOf(server.name), port: server.port, svc_name: socket.name, uid: socket.socketId });

/** An address is not always one: logs have host names, and words that stand for them. */
const addressOf = (text: string): object => {
  if (isIpAddress(text)) return { ip: text };
  return { name: text === '' ? 'unknown' : text };
};

const locationOf = (location: Location | null): object | null =>
  location === null
    ? null
    : present({
        city: location.city,
        region: location.region,
        country: location.countryCode,
        lat: location.latitude,
        long: location.longitude,
      });
