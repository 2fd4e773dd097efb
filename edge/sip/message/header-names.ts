// Header names: any spelling that the wire may use → one key (the long name in lower case), RFC 3261 §7.3.

const compact: Record<string, string> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

const known = [
  ...Object.values(compact),
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Alert-Info',
  'Allow',
  'Authentication-Info',
  'Authorization',
  'Call-Info',
  'Content-Disposition',
  'Content-Language',
  'CSeq',
  'Date',
  'Diversion',
  'Error-Info',
  'Expires',
  'Geolocation',
  'History-Info',
  'In-Reply-To',
  'Join',
  'Max-Forwards',
  'MIME-Version',
  'Min-Expires',
  'Min-SE',
  'Organization',
  'P-Access-Network-Info',
  'P-Asserted-Identity',
  'P-Charging-Vector',
  'P-Preferred-Identity',
  'Path',
  'Priority',
  'Privacy',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'Reason',
  'Record-Route',
  'Remote-Party-ID',
  'Replaces',
  'Reply-To',
  'Require',
  'Retry-After',
  'Route',
  'RSeq',
  'Server',
  'Service-Route',
  'SIP-ETag',
  'SIP-If-Match',
  'Subscription-State',
  'Timestamp',
  'Unsupported',
  'User-Agent',
  'Warning',
  'WWW-Authenticate',
];

/** Usual spellings (canonical, lower, upper, compact) → key, so that the hot path needs neither toLowerCase nor a token check. */
const spellings = new Map<string, string>();
const canonical = new Map<string, string>();
for (const name of known) {
  const key = name.toLowerCase();
  canonical.set(key, name);
  for (const spelling of [name, key, name.toUpperCase()]) spellings.set(spelling, key);
}
for (const [letter, name] of Object.entries(compact)) {
  spellings.set(letter, name.toLowerCase());
  spellings.set(letter.toUpperCase(), name.toLowerCase());
}

/** The key of a name in a usual spelling; undefined says only "look closer". */
export function quickKey(name: string): string | undefined {
  return spellings.get(name);
}

/** The key of a name in any spelling: long form, lower case. */
export function headerKey(name: string): string {
  const quick = spellings.get(name);
  if (quick !== undefined) return quick;
  const lower = name.toLowerCase();
  return spellings.get(lower) ?? lower;
}

/** How a name is usually written: `callid`-insensitive for known ones (`cseq` → `CSeq`, `v` → `Via`), others as given. */
export function canonicalName(name: string): string {
  return canonical.get(headerKey(name)) ?? name;
}

const tokenCharacters = new Uint8Array(128);
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~") {
  tokenCharacters[character.charCodeAt(0)] = 1;
}

/** Whether `text` is a `token` of RFC 3261 §25.1. */
export function isToken(text: string): boolean {
  if (text === '') return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || tokenCharacters[code] === 0) return false;
  }
  return true;
}
