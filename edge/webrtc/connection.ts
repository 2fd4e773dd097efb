// A browser's peer connection on the edge: its ICE paths, its DTLS, its SRTP both ways, and who hears whom.
//
//   connecting ──ICE and DTLS are up──▶ connected ◀──heard again── disconnected
//       │                                   └──────silent──────────────▲  │
//       └───────────────────────────────────┴──────────────────────────────┴──close, left, failed──▶ closed
import { randomBytes, randomInt } from 'node:crypto';
import type {
  GatewayRequests,
  WireConnection,
  WireConnectionQuality,
  WireConnectionSide,
  WireConnectionState,
} from '../../link/index.ts';
import { machine } from '../../values/index.ts';
import { emptyHeader, OutStream, Reception, type RtpHeader, readHeader } from '../rtp/index.ts';
import { DtlsServer, type SrtpKeys } from './dtls/index.ts';
import type { Guest, Path } from './front.ts';
import { type Host, reportMs } from './host.ts';
import type { Line } from './line.ts';
import { Reports } from './reports.ts';
import { SrtpReceiver, SrtpSender } from './srtp/index.ts';

export type ConnectionEnd = 'asked' | 'left' | 'failed' | 'lost';

export interface ConnectionOptions {
  /** A browser that was not heard for that long is disconnected. */
  consentMs: number;
  /** Not up by then, or disconnected for that long: failed. Longer than a server keeps a talk for a panel that is away. */
  patienceMs: number;
  qualityMs: number;
  /** What browsers are told instead of our addresses. */
  announce?: string | undefined;
}

type State = WireConnectionState | 'closed';

const states = machine<State, 'up' | 'silent' | 'end'>('edge-connection', {
  connecting: { up: 'connected', end: 'closed' },
  connected: { silent: 'disconnected', end: 'closed' },
  disconnected: { up: 'connected', end: 'closed' },
  closed: {},
});

/** Addresses of one browser that are known at a time; the one that was silent longest makes room. */
const mostPaths = 8;
/** Type preference of a host candidate (RFC 8445 §5.1.2.2). */
const hostPreference = 126;

/** What is read of a packet that is on its way; one for the thread, as packets are done one after the other. */
const header: RtpHeader = emptyHeader();

interface Credentials {
  ufrag: string;
  password: string;
}

export class Connection implements Guest {
  readonly id: string;
  readonly payloadType: 0 | 8;
  /** Payload type of its telephone-event, where digits travel. */
  readonly digits: number | undefined;
  line: Line | undefined;
  overhears: { other: Connection; what: 'microphone' | 'line' } | undefined;
  /** Those that overhear it. */
  readonly listeners = new Set<Connection>();
  readonly #host: Host;
  readonly #options: ConnectionOptions;
  readonly #dtls: DtlsServer;
  readonly #out = new OutStream();
  readonly #reception = new Reception();
  readonly #reports = new Reports(this.#out, this.#reception);
  readonly #microphone: number | undefined;
  readonly #sessionId = String(randomInt(1, 2 ** 47));
  readonly #ended: (connection: Connection, why: ConnectionEnd) => void;
  /** The newest is last; what was before counts until the new one is used. */
  #credentials: Credentials[] = [];
  #paths: Path[] = [];
  #selected: Path | undefined;
  #sender: SrtpSender | undefined;
  #receiver: SrtpReceiver | undefined;
  #state: State = 'connecting';
  #offer: string;
  #version = 1;
  readonly #since: number;
  #heardAt: number;
  #reportAt: number;
  #qualityAt: number;

  constructor(
    request: GatewayRequests['connection.open']['with'],
    host: Host,
    options: ConnectionOptions,
    ended: (connection: Connection, why: ConnectionEnd) => void,
  ) {
    this.id = request.id;
    this.payloadType = request.payloadType;
    this.digits = request.digits;
    this.#offer = request.offer;
    this.#microphone = request.microphone;
    this.#host = host;
    this.#options = options;
    this.#ended = ended;
    const now = host.time.now();
    this.#since = now;
    this.#heardAt = now;
    // So that reports of many connections do not leave together.
    this.#reportAt = now + Math.random() * reportMs;
    this.#qualityAt = now + options.qualityMs;
    this.#renew();
    this.#dtls = new DtlsServer(host.certificate, request.fingerprint, {
      send: (datagram) => this.#selected?.send(datagram),
      up: (keys) => this.#secured(keys),
      over: (end) => {
        if (!end.left) host.log('info', 'a browser’s DTLS failed', { connection: this.id, reason: end.reason });
        this.end(end.left ? 'left' : 'failed');
      },
      after: (ms, fire) => host.time.after(ms, fire),
    });
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  get ours(): WireConnectionSide {
    const { certificate, front } = this.#host;
    const { ufrag, password } = this.#credentials.at(-1) as Credentials;
    const { announce } = this.#options;
    const candidates = (announce === undefined ? front.addresses : [announce]).map((address, at) => ({
      foundation: `host${at}`,
      // RFC 8445 §5.1.2.1, the addresses in their order.
      priority: (hostPreference * 2 ** 24 + (65_535 - at) * 2 ** 8 + 255) >>> 0,
      address,
      port: front.port,
    }));
    const fingerprint = { algorithm: 'sha-256', value: certificate.fingerprint };
    const version = this.#version;
    return { ufrag, password, candidates, fingerprint, ssrc: this.#out.ssrc, sessionId: this.#sessionId, version };
  }

  describe(): WireConnection {
    const { id, payloadType, digits, ours, overhears } = this;
    return {
      id,
      state: this.#state === 'closed' ? 'disconnected' : this.#state,
      offer: this.#offer,
      payloadType,
      ...(digits === undefined ? {} : { digits }),
      ours,
      ...(this.line ? { line: this.line.id } : {}),
      ...(overhears ? { overhears: { other: overhears.other.id, what: overhears.what } } : {}),
    };
  }

  renegotiate(offer: string, restart: boolean): WireConnectionSide {
    this.#offer = offer;
    this.#version++;
    if (restart) this.#renew();
    return this.ours;
  }

  quality(): WireConnectionQuality {
    const { up, down, rttMs } = this.#reports;
    return { up, ...(down ? { down } : {}), ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 10) / 10 }) };
  }

  /** Something new is heard from now on: the browser’s decoder begins anew. */
  pause(): void {
    this.#out.pause();
  }

  /** Sends a packet with a header of 12 bytes to the browser; its header is written over. */
  hear(packet: Buffer, from: object, of: RtpHeader): void {
    const sender = this.#sender;
    const path = this.#selected;
    if (!sender || !path || this.#state !== 'connected') return;
    if (!this.#out.relay(packet, of, from, this.payloadType, this.#host.time.now())) return;
    const sealed = sender.rtp(packet);
    if (sealed) path.send(sealed);
  }

  /** Looks at its deadlines. */
  sweep(now: number): void {
    if (this.#state === 'connecting') {
      if (now - this.#since >= this.#options.patienceMs) this.end('failed');
      return;
    }
    const { consentMs, patienceMs } = this.#options;
    const silentMs = now - this.#heardAt;
    if (this.#state === 'connected' && silentMs >= consentMs) this.#step('silent');
    // Nobody comes back to it: its talk ended long before, and the panel is to make another.
    else if (this.#state === 'disconnected' && silentMs >= consentMs + patienceMs) this.end('failed');
    if (this.#state !== 'connected') return;
    if (now >= this.#reportAt) {
      this.#reportAt = now + reportMs;
      const report = this.#reports.write(this.#host.cname, now, this.#host.time.wall());
      const sealed = report && this.#sender?.rtcp(report);
      if (sealed) this.#selected?.send(sealed);
    }
    if (now >= this.#qualityAt) {
      this.#qualityAt = now + this.#options.qualityMs;
      this.#host.event('connection.quality', { id: this.id, quality: this.quality() });
    }
  }

  /** Ends it, once. */
  end(why: ConnectionEnd): void {
    if (states.next(this.#state, 'end') === undefined) return;
    // While it can still say goodbye.
    this.#dtls.close();
    this.#state = 'closed';
    for (const { ufrag } of this.#credentials) this.#host.front.disinvite(ufrag);
    for (const path of this.#paths) this.#host.front.forget(path);
    this.#paths = [];
    this.#selected = undefined;
    this.#ended(this, why);
  }

  // ── what the front brings ─────────────────────────────────────────────────────────────────────────────────────────

  passwordOf(ufrag: string): string | undefined {
    return this.#credentials.find((one) => one.ufrag === ufrag)?.password;
  }

  checked(path: Path, ufrag: string, nominated: boolean): void {
    const newest = this.#credentials.at(-1);
    if (newest?.ufrag === ufrag) {
      for (const { ufrag: old } of this.#credentials.slice(0, -1)) this.#host.front.disinvite(old);
      this.#credentials = [newest];
    }
    // The longest silent stands first.
    this.#paths = this.#paths.filter((one) => one !== path);
    this.#paths.push(path);
    if (this.#paths.length > mostPaths) {
      const oldest = this.#paths.find((one) => one !== this.#selected && one !== path);
      if (oldest) {
        this.#paths = this.#paths.filter((one) => one !== oldest);
        this.#host.front.forget(oldest);
      }
    }
    // Before the browser has chosen, the first way that works; then the one it chose last (RFC 8445 §8.1.1).
    if (nominated || !this.#selected) this.#selected = path;
    this.#heard();
  }

  dtls(packet: Buffer, path: Path): void {
    this.#selected ??= path;
    this.#dtls.take(packet);
  }

  rtp(packet: Buffer): void {
    const opened = this.#receiver?.rtp(packet);
    if (!opened || !readHeader(opened, header)) return;
    const now = this.#host.time.now();
    this.#heardAt = now;
    const digit = header.payloadType === this.digits;
    if (header.payloadType !== this.payloadType && !digit) return;
    this.#reception.packet(header.ssrc, header.sequence, header.timestamp, now, !digit);
    const { line, listeners } = this;
    if (digit) {
      line?.send(bare(opened, header), this, header, true);
      return;
    }
    if (!line && listeners.size === 0) return;
    const plain = bare(opened, header);
    for (const listener of listeners) if (listener.overhears?.what === 'microphone') listener.hear(plain, this, header);
    // Last: what others got is sealed, in buffers of its own, and this one goes out as it is.
    line?.send(plain, this, header);
  }

  rtcp(packet: Buffer): void {
    const opened = this.#receiver?.rtcp(packet);
    const { time } = this.#host;
    if (opened) this.#reports.read(opened, time.now(), time.wall());
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #renew(): void {
    // RFC 8445 §5.3 asks for 24 and 128 bits of randomness; base64url is not in ice-char.
    const made = { ufrag: randomBytes(8).toString('hex'), password: randomBytes(20).toString('hex') };
    // Of two restarts in a row the middle one is never used.
    for (const { ufrag } of this.#credentials.splice(1)) this.#host.front.disinvite(ufrag);
    this.#credentials.push(made);
    this.#host.front.invite(made.ufrag, this);
  }

  #secured({ profile, theirs, ours }: SrtpKeys): void {
    this.#receiver = new SrtpReceiver(profile, theirs, this.#microphone);
    this.#sender = new SrtpSender(profile, ours);
    this.#heard();
  }

  #heard(): void {
    this.#heardAt = this.#host.time.now();
    if (this.#sender && (this.#state === 'connecting' || this.#state === 'disconnected')) this.#step('up');
  }

  #step(event: 'up' | 'silent'): void {
    const next = states.next(this.#state, event);
    if (next !== 'connected' && next !== 'disconnected') return;
    this.#state = next;
    this.#host.event('connection.state', { id: this.id, state: next });
  }
}

/** The packet with a header of 12 bytes: no CSRC, no extension, no padding; those are between the browser and us. */
export function bare(packet: Buffer, { start, end }: RtpHeader): Buffer {
  if (start === 12 && end === packet.length) return packet;
  const made = Buffer.allocUnsafe(12 + end - start);
  packet.copy(made, 0, 0, 12);
  made[0] = 0x80;
  packet.copy(made, 12, start, end);
  return made;
}
