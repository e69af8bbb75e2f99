import { asciicastFormat, type WholeFormat } from './asciicast.ts';
import type { ImportFormat } from './import-format.ts';
import { kubernetesAuditFormat } from './kubernetes-audit.ts';
import { postgresqlCsvFormat, postgresqlJsonFormat, postgresqlTextFormat } from './postgresql.ts';

/**
 * Every format, in the order in which they are asked whether a file is theirs: those that know themselves for certain (by a
 * name of their own in JSON, by magic bytes) before those that only look like it.
 */
export const importFormats: readonly (ImportFormat | WholeFormat)[] = [
  asciicastFormat,
  kubernetesAuditFormat,
  postgresqlCsvFormat,
  postgresqlJsonFormat,
  postgresqlTextFormat,
];
