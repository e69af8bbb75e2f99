import type { RefusalWire } from '../../model/refusal-wire.ts';
import type { CatalogWriter, CommitAnnouncement } from './catalog.ts';

/** What the writer's thread is begun with. */
export type WriterData = {
  readonly path: string;
  /** better-sqlite3's addon; null: the one in its package. */
  readonly nativeBinding: string | null;
  /** A LOST session may be resumed for this long. */
  readonly resumeWindowMs: number;
  /** The write-ahead log is begun anew beyond so many bytes. */
  readonly walBytesMax: number;
};

/** Main thread to writer: one write of the port, or the wish to end. */
export type WriterRequest =
  | { readonly id: number; readonly name: keyof CatalogWriter; readonly input: unknown }
  | { readonly id: number; readonly name: 'dispose' };

/** How one write went. `failure` is the environment's: nothing of the commit was kept. */
export type WriterReply = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly refusal: RefusalWire }
  | { readonly failure: string }
);

/** Writer to main thread. A commit's replies come together, after it is on disk. */
export type WriterAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'not-ready'; readonly message: string }
  | {
      readonly kind: 'committed';
      readonly replies: readonly WriterReply[];
      readonly announcements: readonly CommitAnnouncement[];
    };
