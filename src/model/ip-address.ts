const ipv4Pattern = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/** Whether text is an IPv4 address in four decimal parts, or an IPv6 address (RFC 4291), without brackets or zone. */
export const isIpAddress = (text: string): boolean =>
  ipv4Pattern.test(text) ||
  (/^[0-9a-f:.]{2,45}$/i.test(text) && text.includes(':') && URL.canParse(`http://[${text}]`));

/** Hexadecimal groups of an IPv6 address that name a network: its owner has all addresses within it. */
const NETWORK_GROUPS = 4;

/** An IPv4 address, or the /64 network of an IPv6 one. */
export const addressGroup = (ip: string): string => {
  if (!ip.includes(':') || !isIpAddress(ip)) return ip;
  const [head = '', tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const filled = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last];
  return `${filled.slice(0, NETWORK_GROUPS).join(':')}::/64`;
};
