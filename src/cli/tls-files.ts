import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Log } from '../api/parts.ts';
import type { TlsIdentity } from '../api/settings.ts';
import { UsageError } from './exit-code.ts';

/** The files of a certificate chain and its key. */
export type TlsFiles = { readonly tlsCert?: string; readonly tlsKey?: string };

/** Changed files are looked for this often: whoever renews a certificate need not tell. */
const LOOK_MS = 60_000;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const readFile = (what: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${reasonOf(error)}`);
  }
};

/**
 * A certificate and a key that go together; null when neither is configured.
 * @throws UsageError naming the file, and what is wrong with it
 */
export const readTlsFiles = ({ tlsCert, tlsKey }: TlsFiles): TlsIdentity | null => {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError('--tls-cert and --tls-key need one another');
  }
  const identity = {
    cert: readFile('the certificate', tlsCert),
    key: readFile("the certificate's key", tlsKey),
  };
  try {
    createSecureContext({ cert: identity.cert });
  } catch (error) {
    throw new UsageError(`${tlsCert} holds no certificate that can be used: ${reasonOf(error)}`);
  }
  try {
    createSecureContext(identity);
  } catch (error) {
    throw new UsageError(`${tlsKey} holds no key of the certificate in ${tlsCert}: ${reasonOf(error)}`);
  }
  return identity;
};

export type TlsRenewalParts = {
  readonly files: TlsFiles;
  readonly current: TlsIdentity;
  readonly renew: (identity: TlsIdentity) => void;
  readonly log: Log;
};

/** Hands on what the files hold when that has changed, every minute and on SIGHUP. Disposing ends it. */
export class TlsRenewal implements Disposable {
  readonly #parts: TlsRenewalParts;
  readonly #timer: NodeJS.Timeout;
  #current: TlsIdentity;
  /** Said once, and again when it is another one. */
  #complaint: string | null = null;

  constructor(parts: TlsRenewalParts) {
    this.#parts = parts;
    this.#current = parts.current;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
    process.on('SIGHUP', this.look);
  }

  /** Looks at the files now. A pair that is no good is logged, and the one before it stays. */
  readonly look = (): void => {
    const { files, renew, log } = this.#parts;
    try {
      const identity = readTlsFiles(files);
      const isSame = identity?.cert === this.#current.cert && identity.key === this.#current.key;
      this.#complaint = null;
      if (identity === null || isSame) return;
      renew(identity);
      this.#current = identity;
      log('info', 'the certificate was renewed', {});
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === this.#complaint) return;
      this.#complaint = reason;
      log('error', 'the certificate was not renewed, and the one before it stays', { reason });
    }
  };

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    process.removeListener('SIGHUP', this.look);
  }
}
