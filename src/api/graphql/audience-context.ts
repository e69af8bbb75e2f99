import { GraphQLError } from 'graphql';
import type { Viewer } from '../../model/viewer.ts';
import type { ApiParts } from '../parts.ts';
import type { Context } from './context.ts';

/** What decides what a viewer may see and do: those of whom it is the same are answered the same. See model/access.ts. */
export type Sight = Pick<Viewer, 'role' | 'producer'>;

/** A context of many, and whether something asked which of them it is. */
export type AudienceContext = { readonly context: Context; readonly hasAsked: () => boolean };

/**
 * The context of what is executed once for many viewers of one sight. Who asks of it anything that may differ among them (a
 * name, an address, a credential) is refused, before anything is done in somebody's name: the answer is nobody's then, and
 * each is executed alone.
 */
export const audienceContext = (parts: ApiParts, { role, producer }: Sight, gone: AbortSignal): AudienceContext => {
  let isAsked = false;
  const refuse = (): never => {
    isAsked = true;
    throw new GraphQLError('this is answered to each viewer alone');
  };
  const viewer: Viewer = {
    role,
    producer,
    get name() {
      return refuse();
    },
    get expiresAtMs() {
      return refuse();
    },
    get credential() {
      return refuse();
    },
    get account() {
      return refuse();
    },
  };
  const caller = {
    viewer,
    get ip() {
      return refuse();
    },
    get client() {
      return refuse();
    },
    get requestId() {
      return refuse();
    },
  };
  return { context: { viewer, caller, parts, gone }, hasAsked: () => isAsked };
};
