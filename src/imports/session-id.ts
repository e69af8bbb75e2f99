import type { RecordingId, SessionId } from '../model/ids.ts';
import { parseSessionId } from '../model/parse-id.ts';

/** A UUID of version 8 (RFC 9562 section 5.8) from the first 16 bytes of a hash. */
export const uuidOf = (digest: Uint8Array): string => {
  const bytes = digest.slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

export const sessionIdOf = (digest: Uint8Array): SessionId => parseSessionId(uuidOf(digest));

/** The one recording of a session that is taken in is named after it: an import that goes on finds it again. */
export const recordingIdOf = (sessionId: SessionId): RecordingId => sessionId as string as RecordingId;
