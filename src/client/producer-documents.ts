/**
 * The mutations of a producer. Each has one variable `input`, and asks for what the Intake port tells and for what each of
 * its refusals holds.
 */

const kill = 'requestedAt requestedBy reason';
const sessionKill = `kill { ${kill} confirmedAt }`;
const session = `session { sessionId status startedAt endedAt endReason ${sessionKill} }`;
const recording = 'recording { recordingId kind state startedAt }';

const refusals = {
  ForbiddenError: 'requiredRole',
  ValidationError: 'field',
  SessionEndedError: 'session { sessionId }',
  SessionKilledError: sessionKill,
  EventGapError: 'nextEvent',
  FencedError: 'epoch',
  UnavailableError: 'retryAfter',
};
type RefusalType = keyof typeof refusals;

const document = (name: string, fields: string, mayBe: readonly RefusalType[]): string => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const told = ['ForbiddenError', 'ValidationError', ...mayBe] as readonly RefusalType[];
  const fragments = told.map((refusal) => `... on ${refusal} { ${refusals[refusal]} }`).join(' ');
  return `mutation ${type}($input: ${type}Input!) { result: ${name}(input: $input) { __typename ... on ${type}Payload { ${fields} } ... on Error { message } ${fragments} } }`;
};

export const producerDocuments = {
  openSession: document('openSession', `${session} ${recording} nextEvent epoch`, [
    'SessionEndedError',
    'SessionKilledError',
    'UnavailableError',
  ]),
  openRecording: document('openRecording', `${recording} nextEvent`, [
    'FencedError',
    'SessionEndedError',
    'SessionKilledError',
    'UnavailableError',
  ]),
  heartbeat: document('heartbeat', `kills { sessionId ${kill} } unknown`, []),
  recordSessionEvent: document('recordSessionEvent', 'event { at kind message }', []),
  confirmKill: document('confirmKill', session, []),
  closeSession: document('closeSession', session, ['FencedError']),
} as const;

/** Cuts, as they are asked for. */
export const killRequestsDocument = `subscription KillRequests { killRequests { sessionId ${kill} } }`;

/** Who the server takes the caller for. */
export const viewerDocument = 'query Viewer { viewer { name producer } }';
