import { producerOf, visibilityOf, type Action, type Visibility } from '../../model/access.ts';
import type { Producer } from '../../model/intake.ts';
import type { Caller, Viewer } from '../../model/viewer.ts';
import type { ApiParts } from '../parts.ts';
import type { Delivery } from './delivery.ts';

/** What every resolver is handed. */
export type Context = {
  readonly viewer: Viewer;
  /** The viewer, and how they came. */
  readonly caller: Caller;
  readonly parts: ApiParts;
  /** Aborts when the client has gone or the server stops: whatever works for this request ends then. */
  readonly gone: AbortSignal;
  /** How it shares what it follows with others; absent where nothing is shared. */
  readonly delivery?: Delivery | undefined;
};

/** What a read for this purpose may return. @throws Forbidden when the viewer may not read so at all */
export const visibilityFor = (context: Context, action: Action): Visibility => {
  context.parts.audit.checkAllowed(context.caller, action);
  return visibilityOf(context.viewer);
};

/** As whom the viewer feeds. @throws Forbidden when the viewer may not feed at all */
export const feederFor = ({ parts, caller, viewer }: Context): Producer => {
  parts.audit.checkAllowed(caller, 'feed');
  return producerOf(viewer);
};
