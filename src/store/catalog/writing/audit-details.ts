import { AUDIT_DETAILS_BYTES_MAX } from '../../../model/limits.ts';

/** Texts longer than these are cut, the next smaller one while the whole is still too long. */
const TEXT_LENGTHS = [Number.POSITIVE_INFINITY, 4096, 1024, 256, 64] as const;

/** An entry's details as the JSON that is kept, in at most AUDIT_DETAILS_BYTES_MAX: long texts lose their ends. */
export const auditDetails = (details: Readonly<Record<string, unknown>> | null): string | null => {
  if (details === null) return null;
  let bytes = 0;
  for (const lengthMax of TEXT_LENGTHS) {
    const json = JSON.stringify(details, (_name, value: unknown) =>
      typeof value === 'string' && value.length > lengthMax ? `${value.slice(0, lengthMax)}…` : value,
    );
    bytes = Buffer.byteLength(json);
    if (bytes <= AUDIT_DETAILS_BYTES_MAX) return json;
  }
  return JSON.stringify({ cut: `details of ${bytes} bytes, and at most ${AUDIT_DETAILS_BYTES_MAX} are kept` });
};
