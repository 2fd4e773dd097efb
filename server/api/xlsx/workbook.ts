// A workbook as a stream: rows go into the zip as they come, so that its size is no matter. What does not fit into one
// sheet goes on in the next.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { headingRow, mostRows } from './cells.ts';
import { partsOf, sheetFoot, sheetHead } from './parts.ts';

export interface Sheet {
  /** At most 20 characters, without `[]:*?/\`; a second sheet gets a number behind it. */
  name: string;
  headings: readonly string[];
  /** Pieces of one or more whole rows in order, as `rowOf` writes them. */
  rows: AsyncIterator<string>;
}

/** @param rowsPerSheet as `rowOf` was told */
export function workbook(sheet: Sheet, rowsPerSheet = mostRows): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  // yazl tells of a broken source here, and leaves its output open.
  zip.on('error', (error: Error) => output.destroy(error));
  write(zip, output, sheet, rowsPerSheet).catch((error: Error) => output.destroy(error));
  return output;
}

async function write(zip: ZipFile, output: Readable, { name, headings, rows }: Sheet, most: number): Promise<void> {
  const names: string[] = [];
  const widths = headings.map((heading) => Math.max(12, Math.min(40, widthOf(heading) + 2)));
  let over: string | undefined;
  /** One sheet; what does not fit waits in `over`. */
  const pieces = async function* () {
    yield sheetHead(widths);
    yield headingRow(headings);
    let room = most - 1;
    for (;;) {
      const next = over === undefined ? await rows.next() : { done: false, value: over };
      over = undefined;
      if (next.done) break;
      const end = endOfRows(next.value as string, room);
      const piece = (next.value as string).slice(0, end.at);
      if (end.at < (next.value as string).length) over = (next.value as string).slice(end.at);
      room -= end.rows;
      if (piece !== '') yield piece;
      if (over !== undefined) break;
    }
    yield sheetFoot;
  };
  do {
    names.push(names.length === 0 ? name : `${name} ${names.length + 1}`);
    const source = Readable.from(pieces(), { objectMode: false });
    zip.addReadStream(source, `xl/worksheets/sheet${names.length}.xml`);
    try {
      // Whoever read the output may be gone: then the source is never read to its end.
      await Promise.race([once(source, 'end'), once(output, 'close')]);
    } finally {
      source.destroy();
      if (output.destroyed) await rows.return?.();
    }
    if (output.destroyed) return;
  } while (over !== undefined);
  for (const [path, text] of Object.entries(partsOf(names))) zip.addBuffer(Buffer.from(text), path);
  zip.end();
}

/** Where the last row ends that still has room. `</row>` stands nowhere else: text is escaped. */
function endOfRows(piece: string, room: number): { at: number; rows: number } {
  let at = 0;
  let rows = 0;
  while (rows < room) {
    const end = piece.indexOf('</row>', at);
    if (end < 0) break;
    at = end + '</row>'.length;
    rows += 1;
  }
  return { at, rows };
}

/** In columns of a terminal: Chinese takes two. */
function widthOf(text: string): number {
  return [...text].reduce((sum, one) => sum + (one > '\u2e7f' ? 2 : 1), 0);
}
