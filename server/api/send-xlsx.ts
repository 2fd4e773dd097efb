// A workbook to a client: as fast as it is taken, and given up when the client goes.
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { mediaType, workbook } from './xlsx/index.ts';

/** @param pieces of one or more whole rows */
export async function sendXlsx(
  response: Response,
  name: string,
  sheet: { name: string; headings: readonly string[]; pieces: AsyncIterable<string> },
): Promise<void> {
  const rows = sheet.pieces[Symbol.asyncIterator]();
  // Not before the first piece: what fails until then is answered as any error.
  const first = await rows.next();
  response.set({ 'Content-Type': mediaType, 'Content-Disposition': `attachment; filename="${name}"` });
  try {
    await pipeline(workbook({ ...sheet, rows: again(first, rows) }), response);
  } catch (error) {
    // A client that leaves is no error; after any other it gets no whole file.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

async function* again(first: IteratorResult<string>, rows: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let next = first; !next.done; next = await rows.next()) yield next.value;
  } finally {
    await rows.return?.();
  }
}
