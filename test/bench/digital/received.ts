// Follows the server's event stream as an outside program does, for what customers wrote; again from where it was when the
// server is killed.
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';
import type { Product } from '../../product/product.ts';

export class Received {
  readonly #product: Product;
  readonly #take: (text: string, at: number) => void;
  #last = 0;
  #closed = false;
  #request: ClientRequest | undefined;

  /** @param take gets each text with the time at which it was read, `performance.now()` */
  constructor(product: Product, take: (text: string, at: number) => void) {
    this.#product = product;
    this.#take = take;
    this.#follow();
  }

  close(): void {
    this.#closed = true;
    this.#request?.destroy();
  }

  #follow(): void {
    if (this.#closed) return;
    const socketPath = join(this.#product.settings.data, 'run', 'server.sock');
    const path = `/api/v1/events?types=message.received&after=${this.#last}`;
    let rest = '';
    this.#request = request({ socketPath, path, headers: { 'last-event-id': String(this.#last) } }, (response) => {
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        const at = performance.now();
        rest += part;
        const frames = rest.split('\n\n');
        rest = frames.pop() ?? '';
        for (const frame of frames) this.#frame(frame, at);
      });
    });
    this.#request.on('close', () => setTimeout(() => this.#follow(), 100));
    // The close that follows asks again.
    this.#request.on('error', () => this.#request?.destroy());
    this.#request.end();
  }

  #frame(frame: string, at: number): void {
    const data = /^data: (.*)$/m.exec(frame)?.[1];
    if (data === undefined) return;
    const { seq, type, data: fields } = JSON.parse(data) as { seq: number; type: string; data: { text?: string } };
    this.#last = Math.max(this.#last, seq);
    if (type === 'message.received' && fields.text !== undefined) this.#take(fields.text, at);
  }
}
