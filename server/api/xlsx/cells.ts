// Cells and rows of a sheet as SpreadsheetML (ECMA-376 part 1, 18.3.1). Places could be left out, but not every program
// that reads workbooks knows.

/** How a value is shown; `date` is a wall clock, as milliseconds that read as that clock in UTC. */
export type CellKind = 'text' | 'number' | 'percent' | 'duration' | 'date';

export interface SheetColumn<Row> {
  heading: string;
  /** `duration` is in milliseconds, `percent` a share of 1. */
  kind: CellKind;
  cell(row: Row): string | number | undefined;
}

/** Places in `cellXfs` of styles.ts. */
export const style = { heading: 1, text: 2, guarded: 3, number: 4, percent: 5, duration: 6, date: 7 } as const;

const dayMs = 86_400_000;
/** Days from the sheets' day 0 (30 December 1899, with 1900 as the leap year that it was not) to 1970. */
const epochDay = 25_569;
/** More a spreadsheet refuses. */
const longestText = 32_767;

/** Rows that a spreadsheet takes, the headings among them. */
export const mostRows = 1_048_576;

/**
 * @param index of the row among all, from 0; what does not fit into one sheet stands in the next
 * @param most rows of a sheet
 */
export function rowOf<Row>(columns: readonly SheetColumn<Row>[], row: Row, index: number, most = mostRows): string {
  const number = (index % (most - 1)) + 2;
  const cells = columns.map(({ kind, cell }, at) => cellOf(`${letters(at)}${number}`, kind, cell(row)));
  return `<row r="${number}">${cells.join('')}</row>`;
}

export function headingRow(headings: readonly string[]): string {
  const cells = headings.map((heading, at) => textCell(`${letters(at)}1`, heading, style.heading));
  return `<row r="1">${cells.join('')}</row>`;
}

/** `A` to `Z`, `AA` … */
function letters(column: number): string {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : letters(Math.floor(column / 26) - 1) + last;
}

function cellOf(place: string, kind: CellKind, value: string | number | undefined): string {
  if (value === undefined || value === '' || (typeof value === 'number' && !Number.isFinite(value))) return '';
  if (typeof value === 'string') {
    // Text is never taken for a formula; one that looks like it stays text when somebody edits the cell, too.
    return textCell(place, value, /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? style.guarded : style.text);
  }
  if (kind === 'text') return textCell(place, String(value), style.text);
  return `<c r="${place}" s="${style[kind]}"><v>${inSheet(kind, value)}</v></c>`;
}

function inSheet(kind: Exclude<CellKind, 'text'>, value: number): number {
  if (kind === 'duration') return value / dayMs;
  return kind === 'date' ? value / dayMs + epochDay : value;
}

function textCell(place: string, text: string, as: number): string {
  return `<c r="${place}" s="${as}" t="inlineStr"><is><t xml:space="preserve">${escaped(text.slice(0, longestText))}</t></is></c>`;
}

/** For text and attributes. What XML 1.0 cannot hold is written `_x0007_` (ECMA-376 part 1, 22.9.2.19), as that itself is. */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[^\t\n\r\u0020-\ufffd]/g, (found) => {
      return `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
    })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}
