// DTMF in SIP INFO: `application/dtmf-relay` (Signal=5, Duration=160) and `application/dtmf` (the digit alone).

/** @returns undefined where it is no digit, or a body of another kind */
export function infoDigit(contentType: string, body: string): { digit: string; ms?: number } | undefined {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/dtmf') return digitOf(body.trim());
  if (type !== 'application/dtmf-relay') return undefined;
  const signal = /^[ \t]*signal[ \t]*=[ \t]*(\S+)/im.exec(body)?.[1];
  const found = signal === undefined ? undefined : digitOf(signal);
  const ms = Number(/^[ \t]*duration[ \t]*=[ \t]*(\d{1,5})(?!\d)/im.exec(body)?.[1]);
  return found && (ms > 0 ? { ...found, ms } : found);
}

/** Some phones send event numbers for `*` (10), `#` (11) and A to D. */
function digitOf(text: string): { digit: string } | undefined {
  const digit = { '10': '*', '11': '#', '12': 'A', '13': 'B', '14': 'C', '15': 'D' }[text] ?? text.toUpperCase();
  return /^[0-9*#A-D]$/.test(digit) ? { digit } : undefined;
}
