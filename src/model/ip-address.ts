const ipv4Pattern = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/** Whether text is an IPv4 address in four decimal parts, or an IPv6 address (RFC 4291), without brackets or zone. */
export const isIpAddress = (text: string): boolean =>
  ipv4Pattern.test(text) ||
  (/^[0-9a-f:.]{2,45}$/i.test(text) && text.includes(':') && URL.canParse(`http://[${text}]`));
