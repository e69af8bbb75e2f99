/** The queries of whoever reads: lists, one session or recording, its story, and its events. */

const kill = 'kill { requestedAt requestedBy reason confirmedAt }';
const who = 'user { identity email name picture sub nickname isServiceAccount }';
const what = 'socket { socketId name protocol } server { name port } sshUser';
const place = 'location { city region country countryCode latitude longitude }';
const from = `client { ip port software ${place} }`;
const life = `status startedAt lastSeenAt endedAt endReason duration authInfo denyReason attemptCount ${kill}`;
const session = `sessionId protocol upstream ${who} ${what} ${from} ${life} labels recordingState recordingStateReason`;
const recording =
  'recordingId continues kind state stateReason startedAt duration eventCount chunkCount storedSize rawSize columns rows';
const page = 'pageInfo { hasNextPage endCursor }';

export const readingDocuments = {
  sessions: `query Sessions($filter: SessionFilter, $orderBy: SessionOrder, $first: Int, $after: String) {
  sessions(filter: $filter, orderBy: $orderBy, first: $first, after: $after) { nodes { ${session} } ${page} } }`,
  session: `query Session($sessionId: UUID!) { session(sessionId: $sessionId) { ${session} } }`,
  recordings: `query Recordings($sessionId: UUID!, $after: String) { session(sessionId: $sessionId) {
  list: recordings(first: 100, after: $after) { nodes { ${recording} } ${page} } } }`,
  story: `query Story($sessionId: UUID!, $after: String) { session(sessionId: $sessionId) {
  list: events(first: 100, after: $after) { nodes { at kind message actor time details recording { recordingId } } ${page} } } }`,
  recording: `query Recording($id: ID!) { node(id: $id) { ... on Recording { ${recording} session { ${session} } } } }`,
  chunks: `query Chunks($id: ID!, $after: String) { node(id: $id) { ... on Recording { state
  chunks(first: 4, after: $after) { nodes { firstEvent eventCount startTime endTime msgpack } ${page} } } } }`,
} as const;
