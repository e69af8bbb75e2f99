import { z } from 'zod';
import { actorOf } from '../../model/audit.ts';
import { InvalidInput } from '../../model/errors.ts';
import { NAME_LENGTH_MAX } from '../../model/limits.ts';
import { sendJson } from '../answer.ts';
import { readJsonBody } from '../body.ts';
import type { Exchange } from '../exchange.ts';
import type { Route } from './route.ts';

/** Bytes of `{"name": …}`, each character as JSON may escape it. */
const BODY_BYTES_MAX = 6 * NAME_LENGTH_MAX + 64;

const person = z.strictObject({ name: z.string().min(1).max(NAME_LENGTH_MAX) });

const answerForget = async ({ request, response, parts, caller }: Exchange): Promise<void> => {
  const given = person.safeParse(await readJsonBody(request, BODY_BYTES_MAX));
  if (!given.success) throw new InvalidInput('name', `name must have 1 to ${NAME_LENGTH_MAX} characters`);
  // What the name has seen is told before it is cut loose, and not after.
  await parts.viewings.finish(given.data.name);
  await parts.audit.forget(actorOf(caller), given.data.name);
  sendJson(response, 200, { forgotten: true });
};

/** What only verbs on the same machine may do to the audit log of a running server. */
export const localAuditRoutes: readonly Route[] = [
  { method: 'POST', pattern: '/local/audit/forget', action: 'local', handle: answerForget },
];
