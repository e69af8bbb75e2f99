import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { FILE_TUPLE_BYTES_MAX } from '../../format/file-tuple.ts';
import { decodeSeal, encodeSeal, type Seal } from '../../format/seal.ts';
import type { SigningKey } from '../catalog/catalog.ts';
import { compressFrame, decompressFrame } from './node-codecs.ts';
import type { AppendTarget, NewSeal } from './recordings.ts';

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) without the 32 bytes of the key. */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

type SealFrame = { readonly frame: Uint8Array; readonly rawSize: number; readonly signature: Uint8Array };

/** The signed seal of a recording whose events are all in chunks. */
export const encodeSealFrame = async (
  { session, recording }: AppendTarget,
  { key, state, stateReason, sealedAtMs }: NewSeal,
  headHash: Uint8Array,
): Promise<SealFrame> => {
  const privateKey = createPrivateKey({ key: Buffer.from(key.privateKey), format: 'der', type: 'pkcs8' });
  let signature: Uint8Array = new Uint8Array();
  const raw = encodeSeal(
    {
      headHash,
      eventCount: recording.eventCount,
      chunkCount: recording.chunkCount,
      rawSize: recording.rawSize,
      durationMs: recording.durationMs,
      state,
      stateReason,
      sealedAtMs,
      endedAtMs: session.endedAtMs,
      endReason: session.endReason,
      kill: session.kill,
      session,
      keyId: key.keyId,
    },
    (message) => {
      signature = sign(null, message, privateKey);
      return signature;
    },
  );
  return { frame: await compressFrame(raw), rawSize: raw.length, signature };
};

/** The seal in the frame; null when it is none. Who signed it is checkSignature's to say. */
export const readSealFrame = async (frame: Uint8Array): Promise<Seal | null> => {
  const raw = await decompressFrame(frame, FILE_TUPLE_BYTES_MAX).catch(() => null);
  return raw === null ? null : decodeSeal(raw);
};

/** Whether this key made the signature. Of a seal that names another key it cannot be told. */
export const checkSignature = (seal: Seal, key: SigningKey): 'holds' | 'broken' | 'unknown-key' => {
  if (seal.fields.keyId !== key.keyId) return 'unknown-key';
  const der = Buffer.concat([SPKI_HEAD, key.publicKey]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, seal.signedBytes, publicKey, seal.signature) ? 'holds' : 'broken';
};
