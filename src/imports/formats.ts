import { asciicastFormat, type WholeFormat } from './asciicast.ts';
import { harFormat } from './har.ts';
import type { ImportFormat } from './import-format.ts';
import { kubernetesAuditFormat } from './kubernetes-audit.ts';
import { postgresqlCsvFormat, postgresqlJsonFormat, postgresqlTextFormat } from './postgresql.ts';
import { sshdFormat } from './sshd.ts';
import { teleportFormat } from './teleport.ts';
import { rawTerminalFormat } from './raw-terminal.ts';
import { sudoEventsFormat } from './sudo-events.ts';
import { sudoIologFormat } from './sudo-iolog.ts';
import { ttyrecFormat } from './ttyrec.ts';
import { typescriptFormat } from './typescript.ts';
import { webAccessFormat } from './web-access.ts';

/**
 * Every format, in the order in which they are asked whether a file is theirs: those that know themselves for certain (by a
 * name of their own in JSON, by magic bytes) before those that only look like it.
 */
export const importFormats: readonly (ImportFormat | WholeFormat)[] = [
  rawTerminalFormat,
  asciicastFormat,
  ttyrecFormat,
  typescriptFormat,
  sudoIologFormat,
  harFormat,
  kubernetesAuditFormat,
  teleportFormat,
  postgresqlCsvFormat,
  postgresqlJsonFormat,
  postgresqlTextFormat,
  sshdFormat,
  webAccessFormat,
  sudoEventsFormat,
];
