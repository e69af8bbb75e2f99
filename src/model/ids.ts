declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A session's UUID: what people paste, and what producers choose so that a retry is the same session. Lower case. */
export type SessionId = Branded<'SessionId'>;
/** A recording's UUID. Lower case. */
export type RecordingId = Branded<'RecordingId'>;
/** A socket's (resource's) UUID. Lower case. */
export type SocketId = Branded<'SocketId'>;
