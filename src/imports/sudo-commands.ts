import type { SudoCommand } from '../format/sudo-iolog/sudo-log.ts';
import type { ImportGiven } from './import-format.ts';
import type { ImportStep } from './import-step.ts';
import type { LogMoment } from './log-clock.ts';
import { importedSession } from './imported-session.ts';
import { RepeatedKeys } from './repeated-keys.ts';
import { sudoLabels } from './sudo-session.ts';

/** Commands that run at once, as far as they are known; the one that runs longest is given up beyond. */
const RUNNING_MAX = 1000;

type Running = { readonly key: string; readonly startedAtMs: number };

/** Sessions of commands that sudo was asked for: one each. What was let run ends with its exit, or at the end of the log. */
export class SudoCommands {
  readonly #given: ImportGiven;
  readonly #keys = new RepeatedKeys();
  /** By a hash of what names the command in its exit. */
  readonly #running = new Map<string, Running>();

  constructor(given: ImportGiven) {
    this.#given = given;
  }

  /** @param name tells the command from others that run. @param denyReason null when it was let run */
  *submit(
    name: string,
    command: SudoCommand,
    { atMs: startedAtMs, mark }: LogMoment,
    denyReason: string | null,
  ): Generator<ImportStep, void, void> {
    const id = this.#idOf(name);
    const key = this.#keys.next(`${denyReason === null ? 'run' : 'denied'} ${id} ${mark}`);
    const session = importedSession(
      {
        protocol: 'SSH',
        upstream: 'sudo',
        user: { identity: command.submitUser },
        socket: null,
        client: { ip: command.peerAddress, port: null, software: null },
        server: { name: command.submitHost, port: null },
        sshUser: command.runUser,
        authInfo: command.source === null ? 'sudo' : `sudo, by ${command.source}`,
        labels: sudoLabels(command),
        startedAtMs,
        denyReason,
        recording: null,
      },
      this.#given.defaults,
    );
    yield { kind: 'open', key, session };
    if (denyReason !== null) return;
    if (command.exitStatus !== null || command.signal !== null) {
      yield { kind: 'close', key, endedAtMs: startedAtMs, reason: howItEnded(command) };
      return;
    }
    yield* this.#run(id, { key, startedAtMs });
  }

  *#run(id: string, running: Running): Generator<ImportStep, void, void> {
    if (this.#running.has(id)) yield* this.#giveUp(id);
    for (const oldest of this.#running.keys()) {
      if (this.#running.size < RUNNING_MAX) break;
      yield* this.#giveUp(oldest);
    }
    this.#running.set(id, running);
  }

  /** Names hold whole commands, which may be long: a hash is held for each. */
  #idOf(name: string): string {
    const hash = this.#given.newHash();
    hash.update(new TextEncoder().encode(name));
    return [...hash.digest().subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** @returns whether such a command was running */
  *exit(name: string, command: SudoCommand, atMs: number): Generator<ImportStep, boolean, void> {
    const id = this.#idOf(name);
    const running = this.#running.get(id);
    if (running === undefined) return false;
    this.#running.delete(id);
    yield { kind: 'close', key: running.key, endedAtMs: atMs, reason: howItEnded(command) };
    return true;
  }

  *end(): Generator<ImportStep, void, void> {
    for (const id of this.#running.keys()) yield* this.#giveUp(id);
  }

  *#giveUp(id: string): Generator<ImportStep, void, void> {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#running.delete(id);
    yield { kind: 'close', key: running.key, endedAtMs: running.startedAtMs, reason: 'its end is not in the log' };
  }
}

const howItEnded = ({ exitStatus, signal }: SudoCommand): string =>
  signal === null ? `exit status ${exitStatus ?? 'unknown'}` : `killed by SIG${signal.replace(/^SIG/, '')}`;
