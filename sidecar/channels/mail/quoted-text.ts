// What is new in a mail: without the mail it answers, which most programs add below, and without the signature.
// Nothing is lost: the whole text stays beside it.

export interface Folded {
  /** What the writer wrote now. */
  fresh: string;
  /** Whether `fresh` is less than the whole. */
  folded: boolean;
}

/** Lines that begin the answered mail: in English and in Chinese, of the programs met most. */
const divider = [
  // Outlook, Foxmail, QQ mail, NetEase.
  /^\s*-{2,}\s*(original message|forwarded message|original|原始邮件|原邮件|转发的邮件|转发邮件信息|回复的原邮件|邮件原件)\s*-{2,}\s*$/i,
  /^\s*_{20,}\s*$/,
  /^\s*(begin forwarded message|以下是转发的邮件)\s*[:：]\s*$/i,
];
/** "On Mon, 2 Nov 2026 at 10:00, Li Wei <li@example.com> wrote:", also over two or three lines. */
const wrote =
  /^\s*(?:>\s*)?(?:on\s.{4,300}\swrote|在\s?.{4,300}\s?写道|于\s?.{4,300}\s?写道|.{0,120}\d{4}.{2,200}写道|at\s\d{4}-.{4,200}\swrote)\s*[:：]\s*$/i;
/** The header block that Outlook and its kin write above the answered mail. */
const blockFrom = /^\s*\*?(from|发件人|寄件者|寄件人|发送人)\*?\s*[:：]/i;
const blockRest =
  /^\s*\*?(sent|date|to|cc|subject|发送时间|发送日期|日期|收件人|收件者|抄送|主题|主旨|时间)\*?\s*[:：]/i;
const mark = /^\s{0,3}[>｜|＞]/;

/** @param text plain text of a mail, lines separated by LF */
export function foldQuoted(text: string): Folded {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const begin = beginOfAnswered(lines);
  let fresh = begin < 0 ? lines : lines.slice(0, begin);
  if (isEmpty(fresh) && begin >= 0) fresh = belowTheQuote(lines, begin);
  fresh = withoutTail(fresh);
  const result = fresh.join('\n').trim();
  const whole = text.replace(/\r\n?/g, '\n').trim();
  // A mail of nothing but quotes (an inline answer that was misread, a bare forward) is shown as it is.
  return result === '' ? { fresh: whole, folded: false } : { fresh: result, folded: result !== whole };
}

function isEmpty(lines: string[]): boolean {
  return lines.every((line) => line.trim() === '');
}

function beginOfAnswered(lines: string[]): number {
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.length > 1_000) continue;
    if (divider.some((one) => one.test(line))) {
      // A line of underscores alone is also a signature's ornament: it needs the header block below.
      if (!/^\s*_+\s*$/.test(line) || blockAt(lines, next(lines, at + 1))) return at;
    }
    if (blockAt(lines, at)) return at;
    for (let span = 1; span <= 3 && at + span <= lines.length; span++) {
      const some = lines.slice(at, at + span);
      if (some.some((one) => one.trim() === '')) break;
      const joined = some.join(' ');
      if (joined.length > 600 || !/[:：]\s*$/.test(joined)) continue;
      // Only where a quote, or nothing more, follows; else somebody tells what somebody wrote.
      if (!wrote.test(joined) || !followedByQuote(lines, at + span)) continue;
      // What the writer wrote right above it does not belong to it.
      if (span > 1 && wrote.test(some.slice(1).join(' '))) continue;
      return at;
    }
  }
  return -1;
}

function next(lines: string[], at: number): number {
  let where = at;
  while (where < lines.length && (lines[where] ?? '').trim() === '') where++;
  return where;
}

function followedByQuote(lines: string[], at: number): boolean {
  const where = next(lines, at);
  return where >= lines.length || mark.test(lines[where] ?? '') || !lines.slice(where).some((line) => mark.test(line));
}

function blockAt(lines: string[], at: number): boolean {
  if (!blockFrom.test((lines[at] ?? '').slice(0, 400))) return false;
  let rest = 0;
  for (let line = at + 1; line < Math.min(at + 8, lines.length); line++) {
    if (blockRest.test((lines[line] ?? '').slice(0, 400))) rest++;
  }
  return rest >= 2;
}

/** Who answers below the quote. */
function belowTheQuote(lines: string[], begin: number): string[] {
  let at = begin;
  while (at < lines.length && !mark.test(lines[at] ?? '')) at++;
  while (at < lines.length && (mark.test(lines[at] ?? '') || (lines[at] ?? '').trim() === '')) at++;
  return at < lines.length ? lines.slice(at) : [];
}

/** Cuts quoted lines at the end, and the signature after "-- " (RFC 3676 4.3). Quotes between answers stay. */
function withoutTail(lines: string[]): string[] {
  let kept = lines;
  const signature = kept.findIndex((line) => line === '-- ' || line === '--');
  if (signature > 0 && !kept.slice(signature).some((line) => mark.test(line))) kept = kept.slice(0, signature);
  let end = kept.length;
  while (end > 0 && (mark.test(kept[end - 1] ?? '') || (kept[end - 1] ?? '').trim() === '')) end--;
  return kept.slice(0, end);
}
