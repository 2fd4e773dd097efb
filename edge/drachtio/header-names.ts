// Names of headers as an app writes them → as they go on the wire. drachtio-srf sends most of them in lower case; known
// ones are written the way the RFCs write them, others with each word capitalised, and those that begin with X- as given.
import { canonicalName } from '../sip/index.ts';

// Each spelling is worked out once; bounded, since an app could make up names for ever.
const seen = new Map<string, string>();
const mostSeen = 2_000;

export function headerName(name: string): string {
  const known = seen.get(name);
  if (known !== undefined) return known;
  const canonical = canonicalName(name);
  const written = canonical === name ? capitalised(name) : canonical;
  if (seen.size < mostSeen) seen.set(name, written);
  return written;
}

function capitalised(name: string): string {
  if (/^x-/i.test(name)) return name;
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
