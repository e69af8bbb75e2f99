/**
 * The fields of one CSV record (RFC 4180), as PostgreSQL writes it.
 * @returns null when a quoted field is not closed, or something follows its end
 */
export const readCsvFields = (record: string): readonly string[] | null => {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (record[at] === '"') {
      const end = endOfQuoted(record, at + 1);
      if (end === -1) return null;
      fields.push(record.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 1;
      if (at === record.length) return fields;
      if (record[at] !== ',') return null;
    } else {
      const end = record.indexOf(',', at);
      fields.push(record.slice(at, end === -1 ? undefined : end));
      if (end === -1) return fields;
      at = end;
    }
    if (fields.length >= FIELDS_MAX) return null;
    at += 1;
  }
};

/** No record that is read here has more. */
const FIELDS_MAX = 64;

/** Where the closing quote is; -1 when there is none. */
const endOfQuoted = (record: string, from: number): number => {
  let at = record.indexOf('"', from);
  while (at !== -1 && record[at + 1] === '"') at = record.indexOf('"', at + 2);
  return at;
};
