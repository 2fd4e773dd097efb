// Symmetric RTP that cannot be hijacked. The peer's SDP says where its RTP comes from, but behind a NAT it comes from
// elsewhere. So the first source is believed for a short time, a better one displaces it, and then the choice is final
// until the next SDP exchange.
//
//            ┌──────── better source ────────┐
//            ▼                               │
//   open ──packet──► provisional ──50 packets or 2 s──► locked ──SDP exchange──► open (the locked source stays preferred)
//     └──packet from the SDP address, or from the source before──────────► locked
//     └──10 s without any packet──► expected (only the SDP address, its host, or the source before, are let in)

export type LatchState = 'open' | 'provisional' | 'locked';

const provisionalMs = 2_000;
const provisionalPackets = 50;
const openMs = 10_000;

export class Latch {
  state: LatchState = 'open';
  /** Source that is believed now; where media go once it is known. */
  address: string | undefined;
  port = 0;
  /** Packets from elsewhere that were dropped. */
  foreign = 0;
  #expectedAddress: string | undefined;
  #expectedPort = 0;
  #signalingAddress: string | undefined;
  #beforeAddress: string | undefined;
  #beforePort = 0;
  #rank = 0;
  #since = 0;
  #packets = 0;
  #openSince = 0;

  /**
   * An SDP exchange took place.
   * @param address the peer's, from its SDP; undefined where it named none (hold by 0.0.0.0)
   * @param signaling where its SIP comes from, where known
   */
  expect(address: string | undefined, port: number, signaling: string | undefined, now: number): void {
    if (this.address !== undefined) {
      this.#beforeAddress = this.address;
      this.#beforePort = this.port;
    }
    // The address in the SDP changed: media of ours go there at once, until the peer shows that it is elsewhere.
    const moved = address !== undefined && (address !== this.#expectedAddress || port !== this.#expectedPort);
    if (moved) this.address = undefined;
    if (address !== undefined) {
      this.#expectedAddress = address;
      this.#expectedPort = port;
    }
    this.#signalingAddress = signaling;
    this.state = 'open';
    this.#rank = 0;
    this.#packets = 0;
    this.#openSince = now;
  }

  /** Whether a packet from there is the peer's. Cheap where the choice is made. */
  accept(address: string, port: number, now: number): boolean {
    if (port === this.port && address === this.address && this.state !== 'open') {
      if (this.state === 'provisional') this.#confirm(now);
      return true;
    }
    if (this.state === 'locked') {
      this.foreign++;
      return false;
    }
    const rank = this.#rankOf(address, port);
    if (rank <= this.#rank || (rank === 1 && now - this.#openSince > openMs)) {
      this.foreign++;
      return false;
    }
    this.address = address;
    this.port = port;
    this.#rank = rank;
    this.#since = now;
    this.#packets = 1;
    this.state = rank === 4 ? 'locked' : 'provisional';
    return true;
  }

  #confirm(now: number): void {
    if (++this.#packets >= provisionalPackets || now - this.#since > provisionalMs) this.state = 'locked';
  }

  /** 4 the SDP's address and port, 3 the source that was latched before, 2 a host that we know, 1 anybody. */
  #rankOf(address: string, port: number): number {
    if (address === this.#expectedAddress && port === this.#expectedPort) return 4;
    if (address === this.#beforeAddress && port === this.#beforePort) return 3;
    return address === this.#expectedAddress || address === this.#signalingAddress ? 2 : 1;
  }
}
