import type { Recording } from '../../model/recording.ts';
import type { Verdict } from '../../store/recordings/recordings.ts';
import { builder } from './builder.ts';
import { visibilityFor } from './context.ts';
import { RecordingRef } from './refs.ts';

const IntegrityVerdictRef = builder.objectRef<Verdict>('IntegrityVerdict').implement({
  description: 'What a check of the whole recording found.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok', { description: 'Whether every stored byte is the one that was written.' }),
    badFromEvent: t.exposeInt('badFromEvent', {
      nullable: true,
      description: 'Ordinal of the first event of the first piece that does not hold; null when all do.',
    }),
    message: t.exposeString('message', { description: 'The finding in one line for people.' }),
  }),
});

/** A recording of which something is stored. */
type Stored = { readonly recording: Recording; readonly headHash: Uint8Array };

/** A whole recording is read: a query asks for a few at once, and not for a page of them. */
const VERIFY_COST = 5_000;

const RecordingIntegrityRef = builder.objectRef<Stored>('RecordingIntegrity').implement({
  description: 'How one can tell that nothing of a recording was changed or left out.',
  fields: (t) => ({
    headHash: t.string({
      description:
        'Hash at the end of a SHA-256 chain over the stored pieces, in lower-case hex: each link covers the one before it and one piece.',
      resolve: (stored) => Buffer.from(stored.headHash).toString('hex'),
    }),
    signature: t.field({
      type: 'Bytes',
      nullable: true,
      description: "Ed25519 signature of the seal, by this server's key; null until it is sealed.",
      resolve: (stored) => stored.recording.signature,
    }),
    keyId: t.string({
      nullable: true,
      description: "Which of the server's keys signed it; null until it is sealed.",
      resolve: (stored) => stored.recording.keyId,
    }),
    verify: t.field({
      type: IntegrityVerdictRef,
      nullable: true,
      description: 'Reads the whole recording from disk and recomputes the chain. Takes as long as that takes.',
      complexity: VERIFY_COST,
      resolve: (stored, _arguments, context) =>
        context.parts.reader.verify(visibilityFor(context, 'read-recording'), stored.recording.recordingId),
    }),
  }),
});

builder.objectField(RecordingRef, 'integrity', (t) =>
  t.field({
    type: RecordingIntegrityRef,
    nullable: true,
    description: 'Its hashes and signature; null while nothing of it is stored in closed pieces.',
    resolve: (recording, _arguments, context) => {
      visibilityFor(context, 'read-recording');
      return recording.headHash === null ? null : { recording, headHash: recording.headHash };
    },
  }),
);
