import type { SudoCommand } from '../format/sudo-iolog/sudo-log.ts';

/** What sudo says of a command, for people. */
export const sudoLabels = (command: SudoCommand): Readonly<Record<string, unknown>> => ({
  command: command.command,
  directory: command.runDirectory ?? command.submitDirectory,
  tty: command.terminal,
  runGroup: command.runGroup,
  rule: command.source,
  sudoUuid: command.uuid,
});
