// The SDP side of an endpoint: who offered what, and what holds now.
//
//   none ──open with offer──► stable ◄──accept(final)── offered
//     └──open without──► offered        stable ──offer──► offered ──renegotiate, offer──► (the open offer is void)
//   A failed step changes nothing.
import { randomInt } from 'node:crypto';
import type { WireDirection } from '../../../link/index.ts';
import type { Law } from '../codec/g711.ts';
import {
  answerDirection,
  type Far,
  offeredLine,
  readFar,
  receives,
  sends,
  writeAnswer,
  writeOffer,
} from '../sdp/negotiate.ts';
import { SdpError } from '../sdp/parse.ts';

export class MediaSession {
  /** Our present description: an answer or an offer. */
  sdp = '';
  /** What the far side said last; undefined until it said something. */
  far: Far | undefined;
  readonly #address: string;
  readonly #port: number;
  readonly #codecs: readonly Law[];
  readonly #ssrc: number | undefined;
  readonly #sessionId = String(randomInt(1, 2 ** 47));
  #version = 0;
  /** What we want, by SDP; and what `direction` lets through beside it. */
  #wanted: WireDirection = 'sendrecv';
  #gate: WireDirection = 'sendrecv';
  #agreed: WireDirection = 'inactive';
  #offered: { direction: WireDirection } | undefined;
  #accepted = '';

  /** @param ssrc said in our descriptions, where somebody wants to know it */
  constructor(address: string, port: number, codecs: readonly Law[], ssrc?: number) {
    this.#address = address;
    this.#port = port;
    this.#codecs = codecs;
    this.#ssrc = ssrc;
  }

  /** Whether we may send media now, and whether what comes is heard. */
  sending = false;
  receiving = false;

  /** Answers an offer. @throws SdpError, and nothing changes */
  answer(offer: string): string {
    const far = readFar(offer, this.#codecs);
    this.#offered = undefined;
    this.far = far;
    this.#agreed = answerDirection(far, this.#wanted);
    this.sdp = writeAnswer(far, this.#near(this.#agreed));
    this.#settle();
    return this.sdp;
  }

  /** Makes an offer; what holds goes on until it is accepted. */
  offer(direction: WireDirection = this.#wanted, prefer: readonly Law[] = this.#codecs): string {
    this.#offered = { direction };
    this.sdp = writeOffer(this.#near(direction), prefer, this.far);
    return this.sdp;
  }

  /** Takes the answer to our offer. @returns false where it is the one that was taken already. @throws SdpError */
  accept(answer: string, final: boolean): boolean {
    const offered = this.#offered;
    if (!offered) {
      if (answer === this.#accepted) return false;
      throw new SdpError('no offer of ours is open');
    }
    const before = this.far;
    const far = readFar(answer, this.#codecs, before ?? { lines: [offeredLine], index: 0 });
    this.far = far;
    this.#wanted = offered.direction;
    this.#agreed = answerDirection(far, offered.direction);
    this.#accepted = answer;
    if (final) this.#offered = undefined;
    this.#settle();
    return true;
  }

  direction(direction: WireDirection): void {
    this.#gate = direction;
    this.#settle();
  }

  #near(direction: WireDirection) {
    // Each description counts one up (RFC 3264 §8); that it may say the same as before is allowed.
    this.#version++;
    return {
      sessionId: this.#sessionId,
      version: this.#version,
      address: this.#address,
      port: this.#port,
      direction,
      ssrc: this.#ssrc,
    };
  }

  #settle(): void {
    this.sending = this.far?.address !== undefined && sends(this.#agreed) && sends(this.#gate);
    this.receiving = receives(this.#agreed) && receives(this.#gate);
  }
}
