import type { AuditTrail } from '../ingest/audit-trail.ts';
import type { Exports } from '../ingest/exports.ts';
import type { LocalIntake } from '../ingest/intake.ts';
import type { Kills } from '../ingest/kills.ts';
import type { SignIns } from '../ingest/sign-ins.ts';
import type { Tokens } from '../ingest/tokens.ts';
import type { Viewings } from '../ingest/viewings.ts';
import type { Bus } from '../live/bus.ts';
import type { CatalogReader } from '../store/catalog/catalog.ts';
import type { RecordingReader } from '../store/recordings/recording-reader.ts';
import type { Metrics } from './metrics.ts';
import type { GraphqlSettings, NetworkSettings, SignInSettings } from './settings.ts';

/** One line of the log: what happened, and what with. `fields` never hold a token. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

/** All that this room is handed. It owns none of it, and disposes none of it. */
export type ApiParts = {
  readonly catalog: CatalogReader;
  readonly reader: RecordingReader;
  readonly bus: Bus;
  readonly intake: LocalIntake;
  readonly kills: Kills;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly version: string;
  readonly tokens: Tokens;
  readonly signIns: SignIns;
  readonly audit: AuditTrail;
  readonly viewings: Viewings;
  readonly exports: Exports;
  readonly network: NetworkSettings;
  readonly metrics: Metrics;
  readonly signing: SignInSettings;
  readonly graphql: GraphqlSettings;
  /** SHA-256 of the token of this process: whoever has it is on the same machine and acts as ADMIN named "local". */
  readonly processTokenSha256: Uint8Array;
  readonly log: Log;
  /** Null when recordings can be taken in; else one line that says why not. */
  readonly ready: () => Promise<string | null>;
};
