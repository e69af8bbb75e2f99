/** Every limit of the product, by name. A message that refuses something speaks the limit. Units are last in the name. */

/** Items of one GraphQL page. */
export const PAGE_ITEMS_MAX = 100;
export const PAGE_ITEMS_DEFAULT = 50;
/** Chunks of one page of `Recording.chunks`. */
export const CHUNK_PAGE_ITEMS_MAX = 16;
export const CHUNK_PAGE_ITEMS_DEFAULT = 4;
/** Msgpack bytes of one page of `Recording.chunks`: a page ends before the chunk that would go beyond it. */
export const CHUNK_PAGE_BYTES_MAX = 8 * 1024 * 1024;
/** `totalCount` never counts further. */
export const COUNT_MAX = 100_000;
export const COUNT_DEFAULT = 10_000;
/** Ids of one `nodes` query. */
export const NODES_MAX = 100;
/** Values in one list of a filter. */
export const FILTER_VALUES_MAX = 100;
/** Characters of a filter's text, and words: runs of letters and digits, each of which costs a walk of the index. */
export const FILTER_TEXT_LENGTH_MAX = 500;
export const FILTER_TEXT_WORDS_MAX = 20;
/** Sessions that one page looks at to find those that match, where no index has them: it goes on from where it stopped. */
export const SESSIONS_LOOKED_AT_MAX = 20_000;
/** The same on the main thread: a page that is not full by then goes on off it. */
export const SESSIONS_LOOKED_AT_ON_MAIN = 300;
/** Stretches of indexes, one a value of a list, that a page may be merged from on the main thread: more are read off it. */
export const STRETCHES_ON_MAIN_MAX = 16;
/** Page size of the REST list. */
export const REST_PAGE_SIZE_MAX = 1000;
export const REST_PAGE_SIZE_DEFAULT = 100;
/** Locations, sockets or users that the REST statistics tell: the most frequent. */
export const REST_STATS_ITEMS_MAX = 1_000;
/** Changed sessions, or lines of events, of one answer of an export. */
export const EXPORT_ITEMS_MAX = 10_000;
export const EXPORT_ITEMS_DEFAULT = 1_000;
/** Changed sessions that are looked at for those of one producer: an answer may be without any, and yet not the last. */
export const EXPORT_LOOKED_MAX = 10_000;
/** Characters of one answer of events, and chunks that it looks at, beyond which it ends early. */
export const EXPORT_BYTES_TARGET = 4 * 1024 * 1024;
export const EXPORT_CHUNKS_MAX = 64;
/** Rows that the REST list reaches by page number. */
export const REST_ROWS_MAX = 100_000;
/** Groups of `sessionStats` by value: the largest … */
export const STATS_GROUPS_MAX = 1_000;
export const STATS_GROUPS_DEFAULT = 50;
/** … and by time: more are refused. */
export const STATS_TIME_GROUPS_MAX = 2_000;
/** Different values that one read of statistics tells apart in memory: more are BUDGET_EXCEEDED. */
export const STATS_VALUES_MAX = 200_000;
/** A time zone's name. */
export const TIME_ZONE_LENGTH_MAX = 64;

/** Counts and deep pages take at most this long, the time that they wait for others included … */
export const READ_BUDGET_MS = 2_000;
/** … and statistics this. */
export const STATS_BUDGET_MS = 5_000;
/** Long reads of one account that wait or run at once: more are UNAVAILABLE. */
export const READS_WAITING_MAX = 500;
/** Rows, or entries of an index, that a long read looks at before others get their turn. */
export const SLICE_ROWS_MAX = 20_000;

/** A cursor's length in characters; a longer one is no cursor of ours. */
export const CURSOR_LENGTH_MAX = 1024;
/** Who, what and where: a name, an address, an email. */
export const NAME_LENGTH_MAX = 512;
/** One line of reasons, messages and auth info. */
export const TEXT_LENGTH_MAX = 4096;
/** Labels of a session as JSON. */
export const LABELS_BYTES_MAX = 16 * 1024;
/** Objects and lists within one another in labels. */
export const LABELS_DEPTH_MAX = 32;
/** A producer's clock may be ahead of the server's by this much. */
export const CLOCK_SKEW_MAX_MS = 5 * 60_000;
/** Terminal size in either direction. */
export const TERMINAL_CELLS_MAX = 10_000;

/** Payload of one event; longer data is cut, and its real length stands beside it. */
export const EVENT_BYTES_MAX = 1024 * 1024;
/** Bytes of one event around its payload: array, time, code, and the real length of data that was cut. */
export const EVENT_ENVELOPE_BYTES_MAX = 64;
/** Bytes of an event's code. */
export const EVENT_CODE_BYTES_MAX = 32;
/** Arrays and maps within one another in one event: a page's recorded DOM is two for each element. */
export const EVENT_DEPTH_MAX = 512;
/** Msgpack of one batch, decompressed. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** A stored chunk is closed at the first event boundary at or beyond this many bytes of msgpack. */
export const CHUNK_BYTES_TARGET = 256 * 1024;
/** No chunk is larger than this after decompression, written or read. */
export const CHUNK_BYTES_MAX = 8 * 1024 * 1024;
/** A chunk stays open past its target at most this far when no event boundary lies outside a UTF-8 character. */
export const CHUNK_BYTES_FORCED = 4 * 1024 * 1024;
/** Pending bytes of one recording beyond which its producer waits until they are in chunks. */
export const PENDING_BYTES_MAX = 16 * 1024 * 1024;
/** zstd window that a reader allows: 2^23 = 8 MiB. */
export const ZSTD_WINDOW_LOG_MAX = 23;
/** A chunk of at least CHUNK_QUIET_BYTES is closed at this age … */
export const CHUNK_AGE_MS = 60_000;
export const CHUNK_QUIET_BYTES = 16 * 1024;
/** … and any chunk at this. */
export const CHUNK_AGE_MAX_MS = 5 * 60_000;
/** … and, while somebody follows what is in closed chunks, at this: with the time until it is looked for, within 30 s. */
export const CHUNK_AGE_FOLLOWED_MS = 25_000;
/** Somebody follows who has asked within this time. */
export const CHUNK_FOLLOWED_MS = 60_000;
/** Events of one recording: ordinals are GraphQL Ints. */
export const RECORDING_EVENTS_MAX = 2 ** 31 - 1;
/** A recording's length on the clock: chunk headers hold 53 bits, people hold less. 10 years. */
export const RECORDING_MS_MAX = 10 * 366 * 86_400_000;

/** Sessions of one heartbeat. */
export const HEARTBEAT_SESSIONS_MAX = 1_000;
/** A session whose producer says nothing for this long is LOST, unless told otherwise. */
export const LEASE_MS = 60_000;
/** A LOST session's producer may come back to it for this long, unless told otherwise; then its recordings are sealed. */
export const RESUME_WINDOW_MS = 7 * 86_400_000;
/** Refused attempts that are alike within this time are one session. */
export const ALIKE_ATTEMPTS_MS = 10 * 60_000;
/** A recording is sealed and continued by another at this length … */
export const ROTATION_MS = 24 * 3_600_000;
/** … or at this many bytes of msgpack. */
export const ROTATION_BYTES = 1024 * 1024 * 1024;
/** Sessions that one killSessions cuts. */
export const KILLED_AT_ONCE_MAX = 100_000;
/** Changes of a session that are no material ones (the last sign of life) are told at most this often. */
export const SEEN_TOLD_MS = 10_000;
/** A watcher that reads nothing for this long while something waits for it is closed. */
export const WATCHER_STALLED_MS = 30_000;

/** Bytes of one line of an imported file. */
export const IMPORT_LINE_BYTES_MAX = 16 * 1024 * 1024;
/** asciicast v1 is one JSON document and is read whole. */
export const IMPORT_V1_BYTES_MAX = 64 * 1024 * 1024;
/** Sessions of one imported file that are open at once; a reader closes those that are idle longest. */
export const IMPORT_SESSIONS_OPEN_MAX = 10_000;
/** Lines of one imported file that were skipped and are told one by one. */
export const IMPORT_SKIPS_TOLD_MAX = 100;

/** One entry of a HAR, with its bodies: one is in memory at a time … */
export const HAR_ENTRY_BYTES_MAX = 64 * 1024 * 1024;
/** … and what is beside the entries: its pages. */
export const HAR_LOG_BYTES_MAX = 16 * 1024 * 1024;
/** One body in a HAR that is written: what is longer is cut, and the entry says so. */
export const HAR_BODY_BYTES_MAX = 16 * 1024 * 1024;
/** Requests that wait for their answers while a recording is written as entries … */
export const EXCHANGES_WAITING_MAX = 1_000;
/** … and texts and bodies in them. */
export const EXCHANGES_WAITING_BYTES_MAX = 32 * 1024 * 1024;

/** Bytes of the catalog's write-ahead log beyond which it is begun anew, as soon as no reader stands in the way. */
export const WAL_BYTES_MAX = 64 * 1024 * 1024;

/** New recordings are refused while the disk has less than this free, or less than DISK_RESERVE_PARTS of its size. */
export const DISK_RESERVE_BYTES = 512 * 1024 * 1024;
export const DISK_RESERVE_PARTS = 0.05;

/** Bytes of a GraphQL request body … */
export const GRAPHQL_BODY_BYTES_MAX = 256 * 1024;
/** … and of one by a producer, which carries events. */
export const GRAPHQL_PRODUCER_BODY_BYTES_MAX = 1024 * 1024;
/** Tokens of a GraphQL document: without it one 1.8 MB query blocks the event loop for 2.2 s. */
export const GRAPHQL_TOKENS_MAX = 2_000;
/** Fields within one another, fragments unfolded. */
export const GRAPHQL_DEPTH_MAX = 16;
/** Aliases of an operation, fragments unfolded. */
export const GRAPHQL_ALIASES_MAX = 50;
/** Fields at the top of an operation, fragments unfolded. */
export const GRAPHQL_ROOT_FIELDS_MAX = 20;
/** Directives of a document … */
export const GRAPHQL_DIRECTIVES_MAX = 50;
/** … and what an operation may cost: each field is 1, and a list's fields count as often as it may have items. */
export const GRAPHQL_COST_MAX = 50_000;
/** Messages of a WebSocket. */
export const WEBSOCKET_MESSAGE_BYTES_MAX = 1024 * 1024;
/** Operations that run at once on one WebSocket. */
export const WEBSOCKET_OPERATIONS_MAX = 20;
/** Operations of one account that run at once, over all its connections; more wait for their turn. */
export const OPERATIONS_AT_ONCE_MAX = 4;
/** The same of a producer's: what it feeds waits for the disk, many together. */
export const PRODUCER_OPERATIONS_AT_ONCE_MAX = 1_000;
/** Bytes that wait to be sent on a WebSocket, beyond which nothing more is read from it. */
export const WEBSOCKET_WAITING_BYTES_MAX = 8 * 1024 * 1024;
/** WebSockets that are open at once of one account, unless told otherwise … */
export const WEBSOCKETS_PER_ACCOUNT_MAX = 1_000;
/** … and from one address. */
export const WEBSOCKETS_PER_ADDRESS_MAX = 1_000;
/** Connections that are open at once, unless told otherwise … */
export const CONNECTIONS_MAX = 20_000;
/** … and from one address that is no trusted proxy. */
export const CONNECTIONS_PER_ADDRESS_MAX = 2_000;
/** Requests and WebSocket operations a second of one account, unless told otherwise … */
export const REQUESTS_PER_SECOND_MAX = 500;
/** … and of a producer's, which feeds many sessions. */
export const PRODUCER_REQUESTS_PER_SECOND_MAX = 10_000;
/** Pages that need no token (GraphiQL, signing in), for one address in PAGES_WINDOW_MS: more are 429. */
export const PAGES_PER_ADDRESS_MAX = 60;
export const PAGES_WINDOW_MS = 10_000;
/** Wrong tokens from one address, or with one token's id, in AUTHENTICATION_WINDOW_MS: more are 429. */
export const FAILED_AUTHENTICATIONS_MAX = 20;
export const AUTHENTICATION_WINDOW_MS = 60_000;
/** How long a person stays signed in. */
export const SIGN_IN_MS = 12 * 3_600_000;
/** Sign-ins of one account that last at once: when another begins, the oldest ends. */
export const SIGN_INS_MAX = 100;
/** A token's name. */
export const TOKEN_NAME_LENGTH_MAX = 100;
/** Watching and refusals of one viewer are told once in this time. */
export const AUDIT_WINDOW_MS = 10 * 60_000;
/** JSON of an audit entry's details; longer words are cut. */
export const AUDIT_DETAILS_BYTES_MAX = 16 * 1024;
/** Stretches of a recording that one WATCHED event names; more are joined. */
export const WATCHED_RANGES_MAX = 100;
/** Items that wait for one subscriber; one that falls further behind goes back to the disk. */
export const SUBSCRIBER_QUEUE_MAX = 64;
