import { parse } from 'bowser';

/** Longer ones are not looked into: expressions over text that strangers chose. */
const LENGTH_MAX = 1_000;

/** RFC 4253 section 4.2: SSH-protoversion-softwareversion SP comments CR LF. */
const SSH_VERSION = /^SSH-[\d.]+-(?<rest>\S.*)$/;
/** A name and a version behind it, as most SSH software puts them together: OpenSSH_9.6p1, libssh-0.9.6, PuTTY_Release_0.78. */
const NAME_AND_VERSION = /^(?<name>[A-Za-z][\w.+-]*?)(?:[_-]Release)?[_-]v?(?<version>\d[A-Za-z\d.+~]*)/;
/** RFC 9110 section 10.1.5: product = token ["/" product-version]. */
const PRODUCT = /^(?<name>[\w.+!#$%&'*^`|~-]+)\/(?<version>[\w.+!#$%&'*^`|~-]+)/;

const ofSsh = (text: string): string | null => {
  const rest = SSH_VERSION.exec(text)?.groups?.['rest'];
  if (rest === undefined) return null;
  const { name, version } = NAME_AND_VERSION.exec(rest)?.groups ?? {};
  return name === undefined || version === undefined ? rest : `${name.replaceAll('_', ' ')} ${version}`;
};

/** Chrome 126 on Windows: a browser's major version, and its system. */
const ofBrowser = (text: string): string | null => {
  if (!text.startsWith('Mozilla/') && !text.startsWith('Opera/')) return null;
  const { browser, os } = parse(text);
  if (browser.name === undefined || browser.name === '') return null;
  const version = browser.version?.split('.')[0] ?? '';
  return [browser.name, version, os.name === undefined ? '' : `on ${os.name}`].filter((part) => part !== '').join(' ');
};

/** curl/8.5.0 (x86_64-pc-linux-gnu) … is curl 8.5.0. */
const ofProduct = (text: string): string | null => {
  const { name, version } = PRODUCT.exec(text)?.groups ?? {};
  return name === undefined || version === undefined ? null : `${name} ${version.replace(/^v(?=\d)/, '')}`;
};

const SHORT_LENGTH_MAX = 60;

const shorten = (software: string): string => {
  const text = software.trim();
  const known = text.length > LENGTH_MAX ? null : (ofSsh(text) ?? ofBrowser(text) ?? ofProduct(text));
  const short = known ?? text;
  return short.length > SHORT_LENGTH_MAX ? `${short.slice(0, SHORT_LENGTH_MAX - 1).trimEnd()}…` : short;
};

/** The same few programs come again and again, and a user agent takes a tenth of a millisecond. */
const known = new Map<string, string>();
const KNOWN_MAX = 500;

/**
 * What a client is, in a few words, from what it called itself: an SSH version string, a user agent. As it is when it has
 * neither form; at most 60 characters.
 */
export const shortSoftware = (software: string): string => {
  const before = known.get(software);
  if (before !== undefined) return before;
  const short = shorten(software);
  if (known.size >= KNOWN_MAX) known.clear();
  if (software.length <= LENGTH_MAX) known.set(software, short);
  return short;
};
