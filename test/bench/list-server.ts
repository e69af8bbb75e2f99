import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { copyHistory, sharedHistory } from '../fixture/shared-history.ts';
import { BenchRoom } from './bench-room.ts';
import { Caller } from './caller.ts';
import { copyCatalog } from './many-sessions.ts';
import { mainScript, ServerProcess } from './server-process.ts';

const CONNECTIONS = 4;

/** A server over a history of so many sessions, and somebody who asks it. */
export class ListServer implements AsyncDisposable {
  readonly count: number;
  readonly server: ServerProcess;
  readonly caller: Caller;
  readonly token: string;
  readonly #room: BenchRoom;

  private constructor(count: number, room: BenchRoom, server: ServerProcess, token: string) {
    this.count = count;
    this.#room = room;
    this.server = server;
    this.token = token;
    this.caller = new Caller(server.url, token, CONNECTIONS);
  }

  static async open(count: number, tell: (line: string) => void): Promise<ListServer> {
    tell(`list: making ${count} sessions, or finding them made`);
    await sharedHistory(count);
    const room = await BenchRoom.open();
    mkdirSync(room.data.copies, { recursive: true });
    await copyHistory(count, room.data.catalog);
    // NOTE with a copy of today none is made, which would be measured too.
    const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
    writeFileSync(path.join(room.data.copies, `catalog-${stamp}Z.db`), '');
    const rate = ['--requests-per-second', '100000', '--lease', '1h'];
    const words = ['serve', '--data', room.data.path, '--listen', '127.0.0.1:0', '--log-level', 'warn', ...rate];
    const server = await ServerProcess.start(mainScript, words);
    return new ListServer(count, room, server, await room.adminToken());
  }

  /** A copy of its catalog, which knows its token too: for those that it is held against. */
  copy(): string {
    const copy = this.#room.file('copy.db');
    copyCatalog(this.#room.data.catalog, copy);
    return copy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.caller[Symbol.dispose]();
    await this.server[Symbol.asyncDispose]();
    await this.#room[Symbol.asyncDispose]();
  }
}

/** Asks so often, on as many connections as the caller has. @returns how often */
export async function askMany(caller: Caller, query: string, variables: object, times: number): Promise<number> {
  const one = async (): Promise<void> => {
    for (let asked = 0; asked < times / CONNECTIONS; asked += 1) await caller.askText(query, { ...variables });
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  return times;
}
