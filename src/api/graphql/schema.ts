import type { GraphQLSchema } from 'graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import './scalars.ts';
import './node.ts';
import './viewer.ts';
import './user.ts';
import './socket.ts';
import './session.ts';
import './session-connection.ts';
import './session-stats.ts';
import './sockets.ts';
import './users.ts';
import './session-kill.ts';
import './session-event.ts';
import './recording.ts';
import './recording-event.ts';
import './other-event.ts';
import './recording-chunk.ts';
import './recording-download.ts';
import './recording-integrity.ts';
import './error.ts';
import './kill-request.ts';
import './kill-session.ts';
import './kill-sessions.ts';
import './open-session.ts';
import './open-recording.ts';
import './append-events.ts';
import './heartbeat.ts';
import './record-session-event.ts';
import './confirm-kill.ts';
import './close-session.ts';
import './token.ts';
import './create-token.ts';
import './revoke-token.ts';
import './audit-entry.ts';
import './audit-log.ts';
import './session-following.ts';
import './kill-requests.ts';
import './session-feed.ts';
import './recording-following.ts';
import { builder } from './builder.ts';

/** The whole schema. Each import above adds its types and fields. */
export const schema: GraphQLSchema = lexicographicSortSchema(builder.toSchema());

/** The schema as text, in an order that does not depend on the code's: what schema.graphql holds. */
export const printedSchema = (): string => `${printSchema(schema)}\n`;
