// Digits that wait to be sent, one string after the other.
import type { Codec } from '../codec/g711.ts';
import { type DtmfPath, DtmfSender } from './sender.ts';

export class DtmfQueue {
  readonly #senders: DtmfSender[] = [];

  /** Something is being sent. */
  get busy(): boolean {
    return this.#senders.length > 0;
  }

  /** @param done is called when the last digit is out, or all is given up */
  add(digits: string, done: () => void): void {
    this.#senders.push(new DtmfSender(digits, done));
  }

  /** One tick of 20 ms; see DtmfSender. */
  tick(path: DtmfPath, named: boolean, codec: Codec): void {
    const sender = this.#senders[0];
    if (!sender || sender.tick(path, named, codec)) return;
    this.#senders.shift();
    sender.finish();
  }

  giveUp(): void {
    for (const sender of this.#senders.splice(0)) sender.finish();
  }
}
