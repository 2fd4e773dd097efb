// CSV (RFC 4180) that spreadsheets open without running anything: a cell that a spreadsheet would take for a formula gets
// an apostrophe in front (OWASP, CSV injection), full-width signs too, which East Asian editions read as these. That includes E.164 numbers, whose + would be lost otherwise.

export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(value);
  let text = typeof value === 'string' ? value : JSON.stringify(value);
  if (/^[=+\-@\t\r\n＝＋－＠]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}
