// Symmetric RTP (RFC 4961) that cannot be hijacked. The peer's SDP says where its RTP comes from, but behind a NAT it comes
// from elsewhere. So the first source is believed for a short time, a better one displaces it, and then the choice stands.
//
//            ┌──────── better source ────────┐
//            ▼                               │
//   open ──packet──► provisional ──50 packets or 2 s──► locked ──SDP exchange──► open (the locked source stays preferred)
//     └──packet from the SDP address──────────────────────► locked
//     └──10 s without any packet, or locked before and the SDP's address is the same──► expected: no strangers are let in
//
//   Who is locked still gives way to a better source, until he is final: a stranger is never final, so that the real peer,
//   from its SDP address above all, gets its place back whenever it speaks.

export type LatchState = 'open' | 'provisional' | 'locked';

const provisionalMs = 2_000;
const provisionalPackets = 50;
const openMs = 10_000;

// How well a source is known, the best last. A NAT may forget a port during a hold: hence the hosts.
const strangerRank = 1;
/** The host of a stranger that was locked before. */
const beforeHostRank = 2;
/** The host in the SDP, or the one that the signaling comes from. */
const knownRank = 3;
/** The source that was locked before, at such a host. */
const beforeRank = 4;
/** Address and port of the SDP. */
const sdpRank = 5;

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
  #beforeKnown = false;
  /** Whether the address of the present SDP had a locked source already. */
  #settled = false;
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
    if (this.state === 'locked') {
      this.#beforeAddress = this.address;
      this.#beforePort = this.port;
      this.#beforeKnown = this.#rank >= knownRank;
      this.#settled = true;
    }
    // The address in the SDP changed: media of ours go there at once, until the peer shows that it is elsewhere.
    const moved = address !== undefined && (address !== this.#expectedAddress || port !== this.#expectedPort);
    if (moved) {
      this.address = undefined;
      this.#settled = false;
    }
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

  /** Whether nobody can take the place of the one that is locked; then the socket may be connected to it. */
  get final(): boolean {
    if (this.state !== 'locked') return false;
    if (this.#rank === sdpRank) return true;
    // The SDP names one host and all else comes from another: a NAT, and nothing will ever come from the SDP's address.
    const nat = this.address === this.#signalingAddress && this.address !== this.#expectedAddress;
    return nat && (this.#rank === beforeRank || this.#beforeAddress === undefined);
  }

  /** Whether a packet from there is the peer's. Cheap where the choice is made. */
  accept(address: string, port: number, now: number): boolean {
    if (port === this.port && address === this.address && this.state !== 'open') {
      if (this.state === 'provisional') this.#confirm(now);
      return true;
    }
    const rank = this.final ? 0 : this.#rankOf(address, port);
    if (rank <= this.#rank || (rank === strangerRank && (this.#settled || now - this.#openSince > openMs))) {
      this.foreign++;
      return false;
    }
    this.address = address;
    this.port = port;
    this.#rank = rank;
    this.#since = now;
    this.#packets = 1;
    this.state = rank === sdpRank ? 'locked' : 'provisional';
    return true;
  }

  #confirm(now: number): void {
    if (++this.#packets >= provisionalPackets || now - this.#since > provisionalMs) this.state = 'locked';
  }

  #rankOf(address: string, port: number): number {
    if (address === this.#expectedAddress && port === this.#expectedPort) return sdpRank;
    const before = address === this.#beforeAddress;
    if (before && port === this.#beforePort && this.#beforeKnown) return beforeRank;
    if (address === this.#expectedAddress || address === this.#signalingAddress) return knownRank;
    return before ? beforeHostRank : strangerRank;
  }
}
