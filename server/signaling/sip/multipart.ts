// A body of several parts (RFC 2046 §5.1, RFC 5621): carriers and gateways put ISUP, Q.931 or where the caller is beside the
// session description.

/** The session description among the parts; undefined where there is none. Never throws. */
export function sessionPart(contentType: string, body: string): string | undefined {
  const found = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined) return undefined;
  for (const part of `\r\n${body}`.split(`\r\n--${boundary}`).slice(1)) {
    const end = part.indexOf('\r\n\r\n');
    if (end < 0 || !/^content-type\s*:\s*application\/sdp\b/im.test(part.slice(0, end))) continue;
    const session = part.slice(end + 4);
    // The line break before a boundary belongs to the boundary.
    return session.endsWith('\r\n') ? session : `${session}\r\n`;
  }
  return undefined;
}
