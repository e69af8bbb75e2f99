import type { FileHeader } from '../../format/file-header.ts';
import type { SealedSession } from '../../format/seal.ts';
import type { Visibility } from '../../model/access.ts';
import type { NewAuditEntry } from '../../model/audit.ts';
import type { RecordingId, SessionId, SocketId } from '../../model/ids.ts';
import type { KillRequest } from '../../model/intake.ts';
import type { Page, PageRequest } from '../../model/page.ts';
import type { Recording } from '../../model/recording.ts';
import type { Revision } from '../../model/revision.ts';
import type { SessionEvent } from '../../model/session-event.ts';
import type { SessionFilter } from '../../model/session-filter.ts';
import type { Session, SessionEventKind, Socket, User } from '../../model/session.ts';
import type { AccessReader, AccessWriter } from './access-records.ts';
import type { ExportReader } from './export-reader.ts';
import type { ChunkRow } from './chunk-row.ts';
import type { FeedingWriter } from './feeding-records.ts';
import type { SurveyReader } from './survey-reader.ts';

/**
 * What is known of sessions: the truth about everything but the bytes of closed chunks.
 *
 * Two types, one for reading and one for writing. An implementation
 * - MUST have a write on disk before its promise resolves; many writes SHOULD share one commit;
 * - MUST apply each write whole or not at all;
 * - MUST make revisions visible in ascending order;
 * - MUST return nothing that the given Visibility does not include: such a thing is null or absent, never an error;
 * - MUST answer refusals by throwing the closed family of model/errors.ts;
 * - MUST NOT hand out rows, SQL or transactions.
 */
export interface CatalogReader extends AccessReader, SurveyReader {
  session(visibility: Visibility, sessionId: SessionId): Promise<Session | null>;
  sessionOfRecording(visibility: Visibility, recordingId: RecordingId): Promise<Session | null>;
  /** The newest revision that is visible. */
  revision(): Promise<Revision>;

  /**
   * Null when no visible session was this user's. As known today of all sessions; to a producer, as its own newest session
   * has it. The same for sockets.
   */
  user(visibility: Visibility, identity: string): Promise<User | null>;
  socket(visibility: Visibility, socketId: SocketId): Promise<Socket | null>;

  /** Oldest first; keys are [position]. */
  sessionEvents(
    visibility: Visibility,
    sessionId: SessionId,
    kinds: readonly SessionEventKind[] | null,
    page: PageRequest,
  ): Promise<Page<SessionEvent>>;
  sessionEvent(visibility: Visibility, eventId: string): Promise<SessionEvent | null>;

  /** Oldest first; keys are [position]. */
  recordings(visibility: Visibility, sessionId: SessionId, page: PageRequest): Promise<Page<Recording>>;
  recording(visibility: Visibility, recordingId: RecordingId): Promise<Recording | null>;
  /** Where the recording's bytes are, for the Recordings port. */
  locator(visibility: Visibility, recordingId: RecordingId): Promise<string | null>;
  /** Closed chunks and pending batches of one moment: what reading is made from. Null when there is no such recording. */
  contents(visibility: Visibility, recordingId: RecordingId, part: ContentsPart): Promise<Contents | null>;

  /** Recordings that are not sealed: what recovery and closing look after. Ascending by id, after the given one. */
  unsealedRecordings(after: RecordingId | null, limit: number): Promise<readonly UnsealedRecording[]>;
  /** The same of one recording; null when it is sealed, or there is none. */
  unsealedRecording(recordingId: RecordingId): Promise<UnsealedRecording | null>;
  /**
   * Visible sessions that changed after this position of the log, each once, as it is now, in the order of their last
   * changes; those that do not match the filter too (see SessionChangeRow). @throws RevisionUnknown
   */
  changedSessions(
    visibility: Visibility,
    filter: SessionFilter,
    after: Revision,
    limit: number,
  ): Promise<readonly SessionChangeRow[]>;
  /** Visible running sessions that match and were seen after this time and no later than the other: at most limit, by that time. */
  seenSessions(
    visibility: Visibility,
    filter: SessionFilter,
    afterMs: number,
    untilMs: number,
    limit: number,
  ): Promise<readonly Session[]>;
  /** Sessions of this producer that are KILLING, oldest request first. */
  killRequests(producer: string): Promise<readonly KillRequest[]>;
  /** Sessions of this producer that run. */
  runningSessions(producer: string): Promise<readonly Session[]>;
  signingKey(): Promise<SigningKey>;
  /** What changed, in the order of commits. */
  readonly exports: ExportReader;
}

/** Which part of a recording's contents is wanted. Chunks that end before it are left out. */
export type ContentsPart = {
  /** Ordinal of the first event wanted. */
  readonly fromEvent: number;
  /** Milliseconds from the recording's start: chunks that end before it are left out. */
  readonly fromMs: number;
  /** Chunks and batches that begin after it are left out; null: to the end. */
  readonly toMs: number | null;
  /** Rows of each. */
  readonly chunksMax: number;
  /** Bytes of pending batches; at least one batch is returned. */
  readonly batchBytesMax: number;
  /** How many pending batches before the wanted ones come along: a character may have begun in them. */
  readonly batchesBefore: number;
};

/** Events that are acknowledged and in no closed chunk yet. */
export type PendingBatch = {
  readonly firstEvent: number;
  readonly eventCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Consecutive arrays `[deltaMs, code, ...payload]`; the first deltaMs counts from the recording's start. */
  readonly msgpack: Uint8Array;
};

export type Contents = {
  readonly recording: Recording;
  readonly chunks: readonly ChunkRow[];
  /** Whether chunks beyond these match. When true, `batches` is empty. */
  readonly moreChunks: boolean;
  /** Follow the last closed chunk without a hole. */
  readonly batches: readonly PendingBatch[];
  readonly moreBatches: boolean;
  /** Whether nothing will follow what is stored: it is sealed, or never can be and its session is over. */
  readonly isOver: boolean;
};

export type UnsealedRecording = {
  readonly recording: Recording;
  readonly session: Session;
  /** When its session was lost; null unless it is LOST. */
  readonly lostAtMs: number | null;
  /** Whether another recording goes on with it: it takes nothing more, and wants its seal. */
  readonly isContinued: boolean;
  /** Where the recording's bytes are or will be, for the Recordings port. */
  readonly locator: string;
  /** Bytes of the stored file that the catalog knows of. */
  readonly indexedSize: number;
  /** Ordinal of the first event that is in no closed chunk. */
  readonly nextPendingEvent: number;
  readonly pendingBytes: number;
  /** When the oldest pending batch was taken in; null when none is pending. */
  readonly pendingSinceMs: number | null;
};

/** The installation's Ed25519 key. */
export type SigningKey = {
  /** First 16 hex digits of the SHA-256 of the public key. */
  readonly keyId: string;
  /** 32 bytes, RFC 8032. */
  readonly publicKey: Uint8Array;
  /** PKCS #8 DER, RFC 8410. */
  readonly privateKey: Uint8Array;
};

export interface CatalogWriter extends AccessWriter, FeedingWriter {
  /** Adds the row of a chunk whose bytes are on disk, and deletes the pending batches that it holds. Repeating is the same. */
  closeChunk(input: CloseChunkWrite): Promise<void>;
  /** The recording's seal is on disk. Repeating is the same. Fails while events wait that are in no closed chunk. */
  sealRecording(input: SealRecordingWrite): Promise<Recording>;
  /**
   * Adds a recording that was found in the files, with its chunks and seal, and its session if that is not there either. One
   * that is there already stays as it is. @throws Conflict (its session is another producer's), InvalidInput
   */
  restoreRecording(input: RestoreRecordingWrite): Promise<RestoredRecording>;
  /** Stored chunks no longer hold what was written. Repeating is the same, and the first reason stands. */
  markCorrupt(input: {
    readonly recordingId: RecordingId;
    readonly reason: string;
    readonly atMs: number;
  }): Promise<void>;
  /**
   * One line in a session's story. Repeating is the same.
   * @throws NotFound, Conflict (another session has the id), InvalidInput (a producer tells of a time beyond the session's)
   */
  addSessionEvent(input: AddSessionEventWrite): Promise<SessionEvent>;
  /**
   * What somebody saw or took away: one WATCHED or EXPORTED event, told again with what was added. Moves no revision.
   * With `audit`, that entry too. @throws NotFound
   */
  noteViewing(input: NoteViewingWrite): Promise<void>;
}

export type NoteViewingWrite = Omit<SessionEvent, 'position'> & { readonly audit: NewAuditEntry | null };

export type CloseChunkWrite = {
  readonly recordingId: RecordingId;
  readonly chunk: ChunkRow;
  /** The stored file's size with this chunk. */
  readonly indexedSize: number;
};

export type SealRecordingWrite = {
  readonly recordingId: RecordingId;
  readonly state: Recording['state'];
  readonly stateReason: string | null;
  readonly indexedSize: number;
  readonly headHash: Uint8Array;
  readonly signature: Uint8Array;
  readonly keyId: string;
  readonly atMs: number;
  /** What a seal that was found says of its session, for a catalog that is older than the seal. */
  readonly session?: SealedSession;
};

/** What a recording's file says by itself. */
export type RestoreRecordingWrite = {
  readonly header: FileHeader;
  readonly locator: string;
  readonly chunks: readonly ChunkRow[];
  /** Bytes of the file that are whole, and the chain hash there. 0 and null: the next chunk brings the header again. */
  readonly indexedSize: number;
  readonly headHash: Uint8Array | null;
  readonly seal:
    | (Pick<SealRecordingWrite, 'state' | 'stateReason' | 'signature' | 'keyId'> & { readonly session: SealedSession })
    | null;
  /** Which events do not hold, for people; null when all do. */
  readonly damage: string | null;
  readonly atMs: number;
};

export type RestoredRecording = {
  readonly recording: Recording;
  /** Whether its session, too, was not there. */
  readonly isNewSession: boolean;
};

export type AddSessionEventWrite = Omit<SessionEvent, 'position'> & {
  /** The session must be this producer's; null: told by the server itself. */
  readonly producer: string | null;
};

/** A session that changed, as a follower of a filter is told of it. */
export type SessionChangeRow = {
  readonly session: Session;
  /** Whether it matches the filter now. */
  readonly matches: boolean;
  /** Whether it may have matched before: what of the filter can never change about a session holds. */
  readonly mayHaveMatched: boolean;
  /** Whether it was opened, and whether it ended, after the position that was asked about. */
  readonly isNew: boolean;
  readonly hasEnded: boolean;
};

/** Told after each commit, in the order of commits. Hints: whoever misses one still finds everything in the catalog. */
export type CommitAnnouncement =
  | { readonly kind: 'session'; readonly sessionId: SessionId; readonly revision: Revision }
  /** Kills were asked for that this producer must hear of: of these sessions. */
  | { readonly kind: 'kill'; readonly producer: string; readonly sessionIds: readonly SessionId[] }
  /** A token was revoked or replaced, or a sign-in ended: whatever stands on it must end. */
  | { readonly kind: 'credentials' }
  | {
      readonly kind: 'recording';
      readonly sessionId: SessionId;
      readonly recordingId: RecordingId;
      /** What moved: batches came, a chunk was closed, the session is over and the recording wants its seal, it is sealed. */
      readonly change: 'appended' | 'chunk-closed' | 'ending' | 'sealed';
      readonly pendingBytes: number;
    };
export type CommitListener = (announcements: readonly CommitAnnouncement[]) => void;

/** A catalog that somebody opened, and must dispose. */
export interface Catalog extends AsyncDisposable {
  readonly reader: CatalogReader;
  /** Null when the catalog was opened beside a running server, to read only. */
  readonly writer: CatalogWriter | null;
}
