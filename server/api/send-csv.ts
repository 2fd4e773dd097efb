// A file of CSV to a client: as fast as it is taken, and given up when the client goes.
import type { Response } from 'express';
import { drained } from './drained.ts';

export async function sendCsv(response: Response, name: string, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) {
    // Not before the first piece: what fails until then is answered as any error.
    if (!response.headersSent) {
      response.set({
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="${name}"`,
      });
    }
    if (!response.write(piece)) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}
