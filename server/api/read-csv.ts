// CSV as spreadsheets write it (RFC 4180; also with semicolons, a BOM, or LF alone) into records by column name.

export interface CsvRecord {
  /** Line of the file where it begins, from 1. */
  line: number;
  cells: Record<string, string>;
}

export interface CsvProblem {
  line: number;
  /** Column, where it is one cell's. */
  field?: string | undefined;
  reason: string;
}

/**
 * Reads a table whose first line names the columns. Lines without content are left out.
 * @param columns all names that may be there; `required` of them must be
 */
export function readCsv(
  text: string,
  { columns, required }: { columns: readonly string[]; required: readonly string[] },
): { header: string[]; records: CsvRecord[]; problems: CsvProblem[] } {
  const { rows, problems } = split(text.replace(/^\uFEFF/, ''));
  const [head, ...body] = rows;
  const header = (head?.cells ?? []).map((cell) => cell.trim().toLowerCase());
  const line = head?.line ?? 1;
  for (const [at, name] of header.entries()) {
    if (!columns.includes(name))
      problems.push({ line, field: name, reason: `is no column; known are ${columns.join(', ')}` });
    else if (header.indexOf(name) !== at) problems.push({ line, field: name, reason: 'is there twice' });
  }
  for (const name of required) {
    if (!header.includes(name)) problems.push({ line, field: name, reason: 'is missing' });
  }
  const records: CsvRecord[] = [];
  if (problems.length > 0) return { header, records, problems };
  for (const row of body) {
    if (row.cells.every((cell) => cell.trim() === '')) continue;
    if (row.cells.length !== header.length) {
      problems.push({ line: row.line, reason: `has ${row.cells.length} cells, and the first line ${header.length}` });
      continue;
    }
    const cells = Object.fromEntries(header.map((name, at) => [name, plain(row.cells[at] ?? '')]));
    records.push({ line: row.line, cells });
  }
  return { header, records, problems };
}

/** Without the apostrophe that keeps spreadsheets from taking a cell for a formula. */
function plain(cell: string): string {
  return cell.trim().replace(/^'(?=[=+\-@])/, '');
}

function split(text: string): { rows: { line: number; cells: string[] }[]; problems: CsvProblem[] } {
  const head = text.slice(0, Math.max(0, text.search(/[\r\n]|$/)));
  const comma = !head.includes(',') && head.includes(';') ? ';' : ',';
  const rows: { line: number; cells: string[] }[] = [];
  const problems: CsvProblem[] = [];
  let [line, begun, cell, cells, quoted] = [1, 1, '', [] as string[], false];
  const endRow = (): void => {
    rows.push({ line: begun, cells: [...cells, cell] });
    [cell, cells] = ['', []];
  };
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '\n') line++;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (letter === '"' && cell.trim() === '') {
      quoted = true;
      cell = '';
    } else if (letter === comma) {
      cells.push(cell);
      cell = '';
    } else if (letter === '\n') {
      endRow();
      begun = line;
    } else if (letter !== '\r' || text[at + 1] !== '\n') cell += letter;
  }
  if (quoted) problems.push({ line: begun, reason: 'a quotation mark is never closed' });
  if (cell !== '' || cells.length > 0) endRow();
  return { rows, problems };
}
