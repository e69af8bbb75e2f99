import { RemoteIntake } from '../client/remote-intake.ts';
import type { Intake } from '../model/intake.ts';
import { DataFolderInUse } from '../store/data-folder-lock.ts';
import { openInstallation } from './compose.ts';
import type { DataFolder } from './data-folder.ts';
import { quietLog } from './log.ts';
import { readServerFile } from './server-file.ts';

/** A way in: through the server that runs on the folder, or straight into it when none does. */
export type IntakeDoor = AsyncDisposable & {
  readonly intake: Intake;
  /** Resolves when what was closed is sealed, as far as this process does that. */
  readonly settled: () => Promise<void>;
};

/** @throws DataFolderInUse when another program than a server writes to the folder */
export const openIntakeDoor = async (folder: DataFolder): Promise<IntakeDoor> => {
  try {
    const installation = await openInstallation(folder, quietLog);
    return {
      intake: installation.intake,
      settled: () => installation.closer.settled(),
      [Symbol.asyncDispose]: () => installation[Symbol.asyncDispose](),
    };
  } catch (error) {
    const server = error instanceof DataFolderInUse ? readServerFile(folder) : null;
    if (server === null) throw error;
    return {
      intake: new RemoteIntake(server),
      settled: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
  }
};
