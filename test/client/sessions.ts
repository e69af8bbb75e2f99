import { v7 } from 'uuid';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import type { OpenSession } from '../../src/model/intake.ts';

/** A session of a terminal, with ids of its own. */
export const anOpenSession = (): OpenSession => ({
  sessionId: v7() as SessionId,
  protocol: 'SSH',
  upstream: 'local',
  user: {
    identity: 'maya@example.com',
    email: null,
    name: null,
    picture: null,
    sub: null,
    nickname: null,
    isServiceAccount: false,
  },
  socket: { socketId: null, name: 'web-1' },
  client: { ip: '127.0.0.1', port: null, software: null },
  server: { name: 'web-1', port: 22 },
  sshUser: 'maya',
  authInfo: null,
  labels: null,
  startedAtMs: Date.now(),
  denyReason: null,
  recording: { recordingId: v7() as RecordingId, kind: 'TERMINAL', columns: 80, rows: 24 },
});
