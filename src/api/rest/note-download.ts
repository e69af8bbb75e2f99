import type { Recording } from '../../model/recording.ts';
import type { Exchange } from '../exchange.ts';

/**
 * Resolves when it is on record that the caller takes the recording away. Asked for just before the first byte; to ask what
 * there is (HEAD) is not to take it. @throws Unavailable when it cannot be written: then nothing is sent
 */
export const noteDownload = async (
  { request, parts, caller }: Exchange,
  { recording, format }: { readonly recording: Recording; readonly format: string },
): Promise<void> => {
  if (request.method !== 'HEAD') await parts.viewings.downloaded(caller, recording, format);
};
