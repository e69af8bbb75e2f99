import type { KillRequest } from '../model/intake.ts';
import { printable } from './printable.ts';
import type { CommandEnd } from './pseudo-terminal.ts';
import { exitCodeOf } from './recorded-command.ts';

/** Why a command was ended before its time, or never begun. */
export type SessionCut =
  | { readonly kind: 'killed'; readonly kill: KillRequest }
  | { readonly kind: 'strict'; readonly reason: string }
  | { readonly kind: 'signal'; readonly name: EndingSignal };

/** What asks this program to end, with the signals' numbers. */
export const endingSignals = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;
export type EndingSignal = keyof typeof endingSignals;

/** As if by SIGKILL: the session was killed, or `--strict` ended it. */
const CUT_EXIT_CODE = 137;

/** For people. */
export const shownCut = (cut: SessionCut): string => {
  if (cut.kind === 'signal') return `ended by ${cut.name}`;
  if (cut.kind === 'strict') return `${cut.reason}: the command was ended (--strict)`;
  const { requestedBy, reason } = cut.kill;
  return `this session was killed by ${printable(requestedBy)}${reason === null ? '' : `: ${printable(reason)}`}`;
};

/** The exit code of a recorder whose command was cut, or ended by itself. */
export const exitCodeOfCut = (cut: SessionCut | null, end: CommandEnd): number => {
  if (cut === null) return exitCodeOf(end);
  return cut.kind === 'signal' ? 128 + endingSignals[cut.name] : CUT_EXIT_CODE;
};
