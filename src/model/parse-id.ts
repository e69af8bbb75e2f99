import { InvalidInput } from './errors.ts';
import type { RecordingId, SessionId, SocketId } from './ids.ts';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether text is a UUID in the 8-4-4-4-12 form of RFC 9562 section 4, in either case. */
export const isUuid = (text: string): boolean => uuidPattern.test(text.toLowerCase());

/** @throws InvalidInput naming `field` when text is no UUID */
const parseUuid = (text: string, field: string): string => {
  const lower = text.toLowerCase();
  if (!uuidPattern.test(lower)) {
    throw new InvalidInput(field, `${field} must be a UUID, such as 93227a7e-8724-4be5-a5c5-2729f615ac50`);
  }
  return lower;
};

export const parseSessionId = (text: string, field = 'sessionId'): SessionId => parseUuid(text, field) as SessionId;
export const parseRecordingId = (text: string, field = 'recordingId'): RecordingId =>
  parseUuid(text, field) as RecordingId;
export const parseSocketId = (text: string, field = 'socketId'): SocketId => parseUuid(text, field) as SocketId;
