import { v7 } from 'uuid';
import { RemoteAccess, type TokenWish } from '../client/remote-access.ts';
import { PROCESS_ACCOUNT } from '../model/account.ts';
import { actorOf } from '../model/audit.ts';
import type { Caller } from '../model/viewer.ts';
import { DataFolderInUse } from '../store/data-folder-lock.ts';
import { version } from './assets.ts';
import { openInstallation } from './compose.ts';
import type { DataFolder } from './data-folder.ts';
import { quietLog } from './log.ts';
import { readServerFile } from './server-file.ts';

/** Changes to tokens and names: through the server that runs on the folder, or straight into it when none does. */
export type AccessDoor = AsyncDisposable & {
  /** @returns the token's text */
  readonly createToken: (wish: TokenWish) => Promise<string>;
  readonly revokeToken: (tokenId: string) => Promise<void>;
  readonly forgetPerson: (name: string) => Promise<void>;
};

/** Whoever may use the data folder by hand: the audit log has them as `local`. */
const localCaller = (): Caller => ({
  viewer: {
    name: 'local',
    role: 'ADMIN',
    producer: null,
    expiresAtMs: null,
    credential: 'process',
    account: PROCESS_ACCOUNT,
  },
  ip: null,
  client: `reeltime/${version()}`,
  requestId: v7(),
});

/** @throws DataFolderInUse when another program than a server writes to the folder */
export const openAccessDoor = async (folder: DataFolder): Promise<AccessDoor> => {
  try {
    const installation = await openInstallation(folder, quietLog);
    const { tokens, audit } = installation;
    const caller = localCaller();
    return {
      createToken: async (wish) => (await tokens.create(caller, wish)).text,
      revokeToken: async (tokenId) => void (await tokens.revoke(caller, tokenId)),
      forgetPerson: (name) => audit.forget(actorOf(caller), name),
      [Symbol.asyncDispose]: () => installation[Symbol.asyncDispose](),
    };
  } catch (error) {
    const server = error instanceof DataFolderInUse ? readServerFile(folder) : null;
    if (server === null) throw error;
    const remote = new RemoteAccess(server);
    return {
      createToken: (wish) => remote.createToken(wish),
      revokeToken: (tokenId) => remote.revokeToken(tokenId),
      forgetPerson: (name) => remote.forgetPerson(name),
      [Symbol.asyncDispose]: async () => {},
    };
  }
};
