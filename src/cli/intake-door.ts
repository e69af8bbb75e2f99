import { RemoteIntake } from '../client/remote-intake.ts';
import type { Intake, Producer } from '../model/intake.ts';
import { DataFolderInUse } from '../store/data-folder-lock.ts';
import { openInstallation } from './compose.ts';
import type { DataFolder } from './data-folder.ts';
import { GeoipFiles } from './geoip-files.ts';
import { quietLog } from './log.ts';
import { readServerFile } from './server-file.ts';

/** Another server than the one of the folder. */
export type RemoteServer = { readonly url: string; readonly token: string };

/** Who feeds from this machine, with or without a server: the same content is the same session either way. */
const localProducer: Producer = { producer: 'local', actor: 'local' };

/** A way in: through the server that runs on the folder, or straight into it when none does. */
export type IntakeDoor = AsyncDisposable & {
  readonly intake: Intake;
  /** As whom what goes in is kept. */
  readonly producer: Producer;
  /** Resolves when what was closed is sealed, as far as this process does that. */
  readonly settled: () => Promise<void>;
};

/**
 * @param geoipPaths MaxMind files for a folder without a server: a server looks into its own
 * @throws DataFolderInUse when another program than a server writes to the folder, UsageError for other files
 */
export const openIntakeDoor = async (folder: DataFolder, geoipPaths: readonly string[]): Promise<IntakeDoor> => {
  using opening = new DisposableStack();
  const geoip = opening.use(new GeoipFiles(geoipPaths, quietLog));
  try {
    const installation = await openInstallation(folder, quietLog, { locate: (ip) => geoip.locate(ip) });
    const held = opening.move();
    return {
      intake: installation.intake,
      producer: localProducer,
      settled: () => installation.closer.settled(),
      async [Symbol.asyncDispose]() {
        await installation[Symbol.asyncDispose]();
        held.dispose();
      },
    };
  } catch (error) {
    const server = error instanceof DataFolderInUse ? readServerFile(folder) : null;
    if (server === null) throw error;
    return openRemoteDoor(server);
  }
};

/** @throws Unauthenticated, Unavailable */
export const openRemoteDoor = async (server: RemoteServer): Promise<IntakeDoor> => {
  const intake = new RemoteIntake(server);
  return {
    intake,
    producer: await intake.producer(),
    settled: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
};
