// How the command line shows things: a table for people, JSON for programs.

export interface Column<Row> {
  title: string;
  of(row: Row): string | number | undefined;
}

/** Writes rows as an aligned table, or as JSON where asked. Width counts a CJK character as two. */
export function print<Row>(rows: Row[], options: { json?: boolean | undefined; columns?: Column<Row>[] }): void {
  if (options.json || !options.columns) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const { columns } = options;
  const cells = rows.map((row) => columns.map((column) => String(column.of(row) ?? '')));
  const widths = columns.map((column, i) =>
    Math.max(width(column.title), ...cells.map((line) => width(line[i] ?? ''))),
  );
  const write = (line: string[]) =>
    process.stdout.write(
      `${line
        .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - width(cell)))
        .join('  ')
        .trimEnd()}\n`,
    );
  write(columns.map((column) => column.title));
  for (const line of cells) write(line);
  if (rows.length === 0) process.stdout.write('(none)\n');
}

function width(text: string): number {
  let sum = 0;
  for (const char of text)
    sum += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/.test(char) ? 2 : 1;
  return sum;
}

/** `1.5 MiB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
