// One audit record as a syslog message (RFC 5424).
import { hostname } from 'node:os';
import type { AuditEntry } from './audit-log.ts';

/** RFC 5424 §6.2.1: notice, "normal but significant". */
const severity = 5;
/** Fields that name or describe a person beyond her login: they could not be erased at the collector. */
const personal = new Set(['person', 'personBefore', 'login', 'answers', 'comment', 'reply']);
/** Collectors need not take more (RFC 5425 §4.3.1 asks for 8,192 at least should they be able to). */
const longest = 8_192;

export function syslogMessage(
  { seq, at, type, by, subject, data }: AuditEntry,
  { facility, site, pid }: { facility: number; site: string; pid: number },
): string {
  const fields = { seq: String(seq), site, type, by, subject };
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value.replace(/["\\\]]/g, '\\$&').replace(/[\r\n]/g, ' ')}"`],
  );
  // 32473 is the number for those who have none of their own (RFC 5612).
  const structured = `[audit@32473 ${pairs.join(' ')}]`;
  const kept = Object.fromEntries(Object.entries(data).filter(([name]) => !personal.has(name)));
  const head = `<${facility * 8 + severity}>1 ${new Date(at).toISOString()} ${headerWord(hostname(), 255)} switchroom ${pid} audit ${structured} `;
  const body = JSON.stringify(kept);
  const room = longest - Buffer.byteLength(head) - 3;
  // The byte order mark says that what follows is UTF-8 (RFC 5424 §6.4).
  return `${head}\uFEFF${Buffer.byteLength(body) <= room ? body : JSON.stringify({ truncated: true })}`;
}

function headerWord(text: string, most: number): string {
  const word = text.replace(/[^\x21-\x7e]/g, '').slice(0, most);
  return word === '' ? '-' : word;
}
