// One call's plain RTP on the edge: a pair of ports, its far end, and the connection that it is attached to.
import { randomInt } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import type { WireFar, WireLine, WireLineSide } from '../../link/index.ts';
import {
  emptyHeader,
  OutStream,
  type PairUser,
  type PortPair,
  type PortPool,
  Reception,
  type RtpHeader,
  readHeader,
} from '../rtp/index.ts';
import { bare, type Connection } from './connection.ts';
import { type Host, reportMs } from './host.ts';
import { Reports } from './reports.ts';

const header: RtpHeader = emptyHeader();

export interface LineStart {
  id: string;
  payloadType: 0 | 8;
  /** Its descriptions name telephone-event. */
  digits: boolean;
  endpoint: string | undefined;
  /** Where to bind, and what our SDP says. */
  local: { bind: string; own: string };
  /** We offer: no description of the far end is there yet. */
  offering: boolean;
}

export class Line implements PairUser {
  readonly id: string;
  readonly payloadType: 0 | 8;
  readonly digits: boolean;
  readonly endpoint: string | undefined;
  attached: Connection | undefined;
  closed = false;
  readonly #host: Host;
  readonly #pool: PortPool;
  readonly #pair: PortPair;
  /** What stands in our SDP. */
  readonly #address: string;
  readonly #out = new OutStream();
  readonly #reception = new Reception();
  readonly #reports = new Reports(this.#out, this.#reception);
  readonly #sessionId = String(randomInt(1, 2 ** 47));
  #version = 1;
  #far: WireFar | undefined;
  #description: string | undefined;
  #offering: boolean;
  /** Ours was told at least once. */
  #said: boolean;
  #reportAt: number;

  /** @throws NoPorts */
  constructor(how: LineStart, pool: PortPool, host: Host) {
    this.id = how.id;
    this.payloadType = how.payloadType;
    this.digits = how.digits;
    this.endpoint = how.endpoint;
    this.#address = how.local.own;
    this.#host = host;
    this.#pool = pool;
    this.#offering = how.offering;
    this.#said = how.offering;
    this.#reportAt = host.time.now() + Math.random() * reportMs;
    this.#pair = pool.take(how.local.bind, this);
  }

  get ours(): WireLineSide {
    return { address: this.#address, port: this.#pair.port, sessionId: this.#sessionId, version: this.#version };
  }

  get offering(): boolean {
    return this.#offering;
  }

  describe(): WireLine {
    const { id, payloadType, digits, ours, endpoint, attached } = this;
    return {
      id,
      payloadType,
      ...(digits ? { digits } : {}),
      ours,
      offering: this.#offering,
      ...(this.#description === undefined ? {} : { far: this.#description }),
      ...(attached ? { connection: attached.id } : {}),
      ...(endpoint === undefined ? {} : { endpoint }),
    };
  }

  /** @param answers it answers our offer: what we said stays as it is */
  reach(far: WireFar, description: string, answers: boolean): WireLineSide {
    const before = this.#far;
    this.#far = far;
    this.#description = description;
    if (!answers && this.#said) this.#version++;
    this.#said = true;
    this.#offering = false;
    if (before?.address !== far.address || before.port !== far.port) {
      this.#pair.disconnect();
      this.#pair.connect(far.port, far.address);
    }
    return this.ours;
  }

  /** Another is heard from now on. */
  pause(): void {
    this.#out.pause();
  }

  /**
   * Sends a packet with a header of 12 bytes to the far end; its header is written over.
   * @param digit it is one of a telephone-event
   */
  send(packet: Buffer, from: object, of: RtpHeader, digit = false): void {
    const far = this.#far;
    if (!far?.takes) return;
    const payloadType = digit ? far.digits : this.payloadType;
    if (payloadType === undefined) return;
    if (!this.#out.relay(packet, of, from, payloadType, this.#host.time.now())) return;
    this.#pair.send(packet, far.port, far.address);
  }

  rtp(packet: Buffer, from: RemoteInfo): void {
    const far = this.#far;
    if (!far || from.address !== far.address || !readHeader(packet, header)) return;
    // Its comfort noise and telephone-events are not for browsers, which have not agreed to them.
    if (header.payloadType !== this.payloadType) return;
    this.#reception.packet(header.ssrc, header.sequence, header.timestamp, this.#host.time.now(), true);
    const connection = this.attached;
    if (!connection || !far.sends) return;
    const plain = bare(packet, header);
    connection.hear(plain, this, header);
    for (const listener of connection.listeners) {
      if (listener.overhears?.what === 'line') listener.hear(plain, this, header);
    }
  }

  rtcp(packet: Buffer, from: RemoteInfo): void {
    const { time } = this.#host;
    if (from.address === this.#far?.address) this.#reports.read(packet, time.now(), time.wall());
  }

  sweep(now: number): void {
    const far = this.#far;
    if (!far || now < this.#reportAt) return;
    this.#reportAt = now + reportMs;
    const report = this.#reports.write(this.#host.cname, now, this.#host.time.wall());
    if (report) this.#pair.rtcp.send(report, far.rtcpPort, far.address);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#pool.give(this.#pair);
  }
}
