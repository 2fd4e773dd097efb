// A phone for tests: a real UDP socket that speaks tones and digits and hears by frequency.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, vi } from 'vitest';
import { fromAlaw, fromMulaw, share, sine, toAlaw, toMulaw } from './listening.ts';

export interface Heard {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  extended: boolean;
  payload: Buffer;
  at: number;
  from: RemoteInfo;
}

export interface PhoneOptions {
  law?: 'PCMU' | 'PCMA';
  telephoneEvent?: number | undefined;
  host?: string;
  ptime?: number;
  /** Digits go out as a real phone sends them, a packet every 20 ms, and with them what it hears. Default: all at once. */
  paced?: boolean;
}

const keys = '0123456789*#ABCD';

export class Phone {
  readonly socket: Socket;
  readonly rtcp: Socket;
  readonly heard: Heard[] = [];
  readonly reports: Buffer[] = [];
  law: 'PCMU' | 'PCMA';
  readonly host: string;
  telephoneEvent: number | undefined;
  ptime: number;
  remote: { host: string; port: number; event: number | undefined } | undefined;
  ssrc = Math.floor(Math.random() * 2 ** 32);
  #sequence = Math.floor(Math.random() * 65536);
  #timestamp = Math.floor(Math.random() * 2 ** 32);
  #tone = 0;
  #samples = 0;
  #timer: NodeJS.Timeout | undefined;
  #version = 1;
  readonly #paced: boolean;
  /** Packets that wait for their time. */
  readonly #waiting: (() => void)[] = [];
  #pacer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, rtcp: Socket, options: PhoneOptions) {
    this.socket = socket;
    this.rtcp = rtcp;
    this.law = options.law ?? 'PCMU';
    this.host = options.host ?? '127.0.0.1';
    this.telephoneEvent = 'telephoneEvent' in options ? options.telephoneEvent : 101;
    this.ptime = options.ptime ?? 20;
    this.#paced = options.paced ?? false;
    socket.on('message', (packet, from) => {
      // A header extension (RFC 3550 §5.3.1), as WebRTC gateways send it.
      const extended = ((packet[0] as number) & 0x10) !== 0;
      const start = 12 + (extended ? 4 + 4 * packet.readUInt16BE(14) : 0);
      this.heard.push({
        extended,
        payloadType: (packet[1] as number) & 0x7f,
        marker: ((packet[1] as number) & 0x80) !== 0,
        sequence: packet.readUInt16BE(2),
        timestamp: packet.readUInt32BE(4),
        ssrc: packet.readUInt32BE(8),
        payload: packet.subarray(start),
        at: performance.now(),
        from,
      });
    });
    rtcp.on('message', (packet) => this.reports.push(packet));
  }

  static async make(options: PhoneOptions = {}): Promise<Phone> {
    const host = options.host ?? '127.0.0.1';
    const type = host.includes(':') ? 'udp6' : 'udp4';
    for (;;) {
      const socket = createSocket(type);
      socket.bind(0, host);
      await once(socket, 'listening');
      const rtcp = createSocket(type);
      const next = socket.address().port + 1;
      const bound = await new Promise<boolean>((resolve) => {
        rtcp.once('error', () => resolve(false));
        rtcp.bind(next, host, () => resolve(true));
      });
      if (bound) return new Phone(socket, rtcp, options);
      socket.close();
      rtcp.close();
    }
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Its description. @param change replaces the address, the port or the direction */
  sdp(change: { host?: string; port?: number; direction?: string; more?: string[] } = {}): string {
    const host = change.host ?? this.host;
    const family = host.includes(':') ? 'IP6' : 'IP4';
    const type = this.law === 'PCMU' ? 0 : 8;
    const event = this.telephoneEvent;
    return [
      'v=0',
      `o=phone 1 ${this.#version++} IN ${family} ${host}`,
      's=-',
      `c=IN ${family} ${host}`,
      't=0 0',
      `m=audio ${change.port ?? this.port} RTP/AVP ${type}${event === undefined ? '' : ` ${event}`}`,
      `a=rtpmap:${type} ${this.law}/8000`,
      ...(event === undefined ? [] : [`a=rtpmap:${event} telephone-event/8000`, `a=fmtp:${event} 0-15`]),
      `a=ptime:${this.ptime}`,
      `a=${change.direction ?? 'sendrecv'}`,
      ...(change.more ?? []),
      '',
    ].join('\r\n');
  }

  /** Takes the other side's description. */
  connect(sdp: string): this {
    const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
    const host = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1] as string;
    const event = /^a=rtpmap:(\d+) telephone-event/m.exec(sdp)?.[1];
    this.remote = { host, port, event: event === undefined ? undefined : Number(event) };
    return this;
  }

  /** Speaks a tone from now on, paced by the clock; 0 = silence. */
  speak(hz: number): this {
    this.#tone = hz;
    if (this.#timer) return this;
    let due = performance.now();
    this.#timer = setInterval(() => {
      for (; due <= performance.now(); due += 20) this.#sendFrame();
    }, 5);
    return this;
  }

  /** Sends nothing any more. */
  hush(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    this.hush();
    clearInterval(this.#pacer);
    this.socket.close();
    this.rtcp.close();
  }

  packet(payloadType: number, payload: Buffer, marker = false, timestamp = this.#timestamp): Buffer {
    const packet = Buffer.alloc(12 + payload.length);
    packet[0] = 0x80;
    packet[1] = (marker ? 0x80 : 0) | payloadType;
    packet.writeUInt16BE(this.#sequence, 2);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    packet.writeUInt32BE(timestamp >>> 0, 4);
    packet.writeUInt32BE(this.ssrc, 8);
    payload.copy(packet, 12);
    return packet;
  }

  send(packet: Buffer): void {
    if (this.remote) this.socket.send(packet, this.remote.port, this.remote.host);
  }

  /**
   * Keys digits as telephone-events.
   * @param ends how many of the three end packets arrive
   * @param copies how often each packet arrives
   */
  key(digits: string, { ends = 3, copies = 1 } = {}): void {
    for (const digit of digits) {
      let stamp: number | undefined;
      for (let i = 1; i <= 5 + ends; i++) {
        const payload = Buffer.from([keys.indexOf(digit), i > 5 ? 0x8a : 10, 0, 0]);
        payload.writeUInt16BE(Math.min(i, 5) * 160, 2);
        this.#inPace(() => {
          stamp ??= this.#timestamp;
          const packet = this.packet(this.remote?.event ?? 101, payload, i === 1, stamp);
          for (let copy = 0; copy < copies; copy++) this.send(packet);
        });
      }
      this.#inPace(() => {
        this.#timestamp = (this.#timestamp + 1600) >>> 0;
      });
      // What lies between two keys.
      if (this.#paced) for (let i = 0; i < 4; i++) this.#inPace(() => {});
    }
  }

  #inPace(work: () => void): void {
    if (!this.#paced) {
      work();
      return;
    }
    this.#waiting.push(work);
    this.#pacer ??= setInterval(() => {
      const next = this.#waiting.shift();
      if (next) next();
      else {
        clearInterval(this.#pacer);
        this.#pacer = undefined;
      }
    }, 20);
  }

  /** Sends `ms` of any samples at once, 20 ms a packet. */
  say(samples: readonly number[]): void {
    for (let at = 0; at + 160 <= samples.length; at += 160) this.#send(samples.slice(at, at + 160));
  }

  #sendFrame(): void {
    this.#send(this.#tone === 0 ? new Array<number>(160).fill(0) : sine(this.#tone, 160, this.#samples));
    this.#samples += 160;
  }

  #send(samples: readonly number[]): void {
    const encode = this.law === 'PCMU' ? toMulaw : toAlaw;
    this.send(this.packet(this.law === 'PCMU' ? 0 : 8, Buffer.from(samples.map(encode))));
    this.#timestamp = (this.#timestamp + 160) >>> 0;
  }

  /** Audio packets that came within the last `ms`, in order. */
  recent(ms: number): Heard[] {
    const since = performance.now() - ms;
    const packets = this.heard.filter(({ at, payloadType }) => at >= since && (payloadType === 0 || payloadType === 8));
    return packets.sort((a, b) => ((a.sequence - b.sequence) << 16) >> 16);
  }

  samples(ms: number): number[] {
    return this.recent(ms).flatMap(({ payload, payloadType }) =>
      [...payload].map(payloadType === 0 ? fromMulaw : fromAlaw),
    );
  }

  share(hz: number, ms = 200): number {
    return share(this.samples(ms), hz);
  }

  /** Waits until all of these tones, and none of those, make up the last 200 ms. */
  async hears(hz: number[], not: number[] = []): Promise<void> {
    await vi.waitFor(
      () => {
        expect(this.recent(200).length).toBeGreaterThanOrEqual(8);
        for (const one of hz) expect(this.share(one), `${one} Hz`).toBeGreaterThan(0.6 / hz.length);
        for (const one of not) expect(this.share(one), `no ${one} Hz`).toBeLessThan(0.03);
      },
      { timeout: 5_000, interval: 20 },
    );
  }

  /** Waits until it hears nothing: no packets, or silent ones, for 200 ms. */
  async hearsNothing(): Promise<void> {
    await vi.waitFor(() => expect(Math.max(0, ...this.samples(200).map(Math.abs))).toBeLessThan(100), {
      timeout: 5_000,
      interval: 20,
    });
  }

  /** Digits that came as telephone-events: one per timestamp, with its number of end packets. */
  digits(): { digit: string; ends: number; ms: number }[] {
    const events = new Map<number, { digit: string; ends: number; ms: number }>();
    for (const { payloadType, timestamp, payload } of this.heard) {
      if (payloadType !== this.telephoneEvent) continue;
      const event = events.get(timestamp) ?? { digit: keys[payload[0] as number] as string, ends: 0, ms: 0 };
      if ((payload[1] as number) & 0x80) event.ends++;
      event.ms = Math.max(event.ms, payload.readUInt16BE(2) / 8);
      events.set(timestamp, event);
    }
    return [...events.values()];
  }
}
