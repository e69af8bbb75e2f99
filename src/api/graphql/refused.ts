import { Refusal } from '../../model/errors.ts';
import {
  ConflictErrorRef,
  EventGapErrorRef,
  FencedErrorRef,
  ForbiddenErrorRef,
  NotFoundErrorRef,
  SessionEndedErrorRef,
  SessionKilledErrorRef,
  UnavailableErrorRef,
  ValidationErrorRef,
} from './error.ts';
import type { Told } from './refs.ts';

/** The type of each refusal that can be an answer. */
const refusedTypes = {
  NOT_FOUND: NotFoundErrorRef,
  FORBIDDEN: ForbiddenErrorRef,
  BAD_USER_INPUT: ValidationErrorRef,
  CONFLICT: ConflictErrorRef,
  SESSION_ENDED: SessionEndedErrorRef,
  SESSION_KILLED: SessionKilledErrorRef,
  EVENT_GAP: EventGapErrorRef,
  FENCED: FencedErrorRef,
  UNAVAILABLE: UnavailableErrorRef,
} as const;
export type RefusedCode = keyof typeof refusedTypes;

/** A refusal as the answer of a mutation: its own fields beside these are those of its type. */
export type Refused = Told & { readonly code: RefusedCode };

/** What came of it, or why not, for refusals of these codes. Every other one is thrown on. */
export const orRefused = async <Payload>(
  codes: readonly RefusedCode[],
  act: () => Promise<Payload>,
): Promise<Payload | Refused> => {
  try {
    return await act();
  } catch (error) {
    const code = codes.find((each) => error instanceof Refusal && error.code === each);
    if (code === undefined || !(error instanceof Error)) throw error;
    return { ...error, code, message: error.message };
  }
};

/** The members of a result's union that stand for refusals of these codes. */
export const refusedMembers = (codes: readonly RefusedCode[]) => codes.map((code) => refusedTypes[code]);

/** The type of a refusal; null for a payload. */
export const refusedTypeOf = (result: object) => ('code' in result ? refusedTypes[(result as Refused).code] : null);
