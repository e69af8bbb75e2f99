/** What the codes of Node's sockets, of its TLS and of its fetch say, in plain words. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it cut the connection',
  EPIPE: 'it cut the connection',
  ENOTFOUND: 'nobody knows this name',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it stopped in the middle of its answer',
  UND_ERR_SOCKET: 'it cut the connection',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself; NODE_EXTRA_CA_CERTS names files to trust',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody known signed its certificate; NODE_EXTRA_CA_CERTS names files to trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody known signed its certificate; NODE_EXTRA_CA_CERTS names files to trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody known signed its certificate; NODE_EXTRA_CA_CERTS names files to trust',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there: is it http:// ?',
};

/** How many causes are looked through. */
const DEPTH_MAX = 5;

/** Why a server cannot be reached, as fetch's error and its causes say; their own words where no others are known. */
export const whyUnreachable = (error: unknown): string => {
  let last = error;
  for (let depth = 0; depth < DEPTH_MAX && last instanceof Error; depth += 1) {
    const code = String((last as NodeJS.ErrnoException).code ?? '');
    if (Object.hasOwn(words, code)) return words[code] ?? code;
    if (last.name === 'TimeoutError') return 'it does not answer in time';
    if (last instanceof AggregateError) last = last.errors[0];
    else if (last.cause === undefined) break;
    else last = last.cause;
  }
  return last instanceof Error && last.message !== '' ? last.message : String(last);
};
