// A file of CSV to a client: as fast as it is taken, and given up when the client goes.
import type { Response } from 'express';
import { z } from 'zod';
import { drained } from './drained.ts';

/** Of a query. Programs want none: to them it is a letter of the first heading. The panels' buttons ask for it. */
export const byteOrderMark = {
  bom: z
    .stringbool()
    .default(false)
    .describe('Begins with a byte order mark, without which Excel takes UTF-8 for the code page of its machine'),
};

/** @param bom whether it begins with a byte order mark */
export async function sendCsv(
  response: Response,
  name: string,
  pieces: AsyncIterable<string>,
  bom: boolean,
): Promise<void> {
  for await (const piece of pieces) {
    // Not before the first piece: what fails until then is answered as any error.
    if (!response.headersSent) {
      response.set({
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="${name}"`,
      });
      if (bom) response.write('\uFEFF');
    }
    if (!response.write(piece)) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}
