// The WebRTC gateway of the edge: its connections and lines, and the requests about them. Knows no thread and no link, so
// that tests can drive it as it is.
import { randomBytes } from 'node:crypto';
import { type GatewayEvents, type GatewayRequests, LinkFailure, type WireFar } from '../../link/index.ts';
import {
  Addresses,
  type Body,
  bodyOf,
  idOf,
  invalid,
  NoPorts,
  numberOf,
  oneOf,
  optionalText,
  PortPool,
  textOf,
} from '../rtp/index.ts';
import { makeCertificate } from './certificate.ts';
import { Connection, type ConnectionEnd } from './connection.ts';
import { Front } from './front.ts';
import type { GatewayTime, Host } from './host.ts';
import { Line } from './line.ts';

export interface GatewayOptions {
  /** Addresses of this machine for browsers, no wildcards. */
  bind: readonly string[];
  /** For lines, wildcards allowed. */
  lineBind: readonly string[];
  /** Address or name that browsers are told instead (NAT). */
  announce?: string | undefined;
  /** The first that is free is the browsers', UDP; the rest, in pairs, is the lines'. */
  ports: { from: number; to: number };
  consentMs: number;
  patienceMs: number;
  qualityMs: number;
  /** How long a line's ports rest after use. */
  restMs: number;
}

export interface GatewayOutside {
  event<Name extends keyof GatewayEvents>(name: Name, body: GatewayEvents[Name]): void;
  /** Something that an operator should know. */
  log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void;
}

/** So many ports are tried for the browsers. */
const frontTries = 10;
const sweepMs = 250;
/** A defect that packets meet is logged so often at most. */
const brokenLogMs = 10_000;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #host: Host;
  readonly #pool: PortPool;
  readonly #addresses: Addresses;
  readonly #connections = new Map<string, Connection>();
  readonly #lines = new Map<string, Line>();
  #cancelSweep: (() => void) | undefined;
  #brokenAt = Number.NEGATIVE_INFINITY;

  /** @throws NoPorts */
  constructor(options: GatewayOptions, outside: GatewayOutside, time: GatewayTime) {
    const { bind, lineBind, ports, restMs } = options;
    this.#options = options;
    const last = Math.min(ports.from + frontTries - 1, ports.to);
    const front = Front.open({ bind, ports: { from: ports.from, to: last } }, (error) => this.#broken(error));
    this.#host = {
      time,
      front,
      certificate: makeCertificate(time.wall()),
      cname: randomBytes(12).toString('base64url'),
      event: (name, body) => outside.event(name, body),
      log: (level, message, fields) => outside.log(level, message, fields),
    };
    const now = () => time.now();
    const onerror = () => undefined;
    this.#pool = new PortPool({ from: front.port + 1, to: ports.to, restMs, now, onerror });
    this.#addresses = new Addresses({ bind: lineBind, advertise: [] }, now);
    outside.log('info', 'WebRTC gateway is open', { port: front.port, addresses: front.addresses });
  }

  /** Of the browsers. */
  get port(): number {
    return this.#host.front.port;
  }

  /** What came to the browsers' port and was for nobody. */
  get counts(): Front['counts'] {
    return this.#host.front.counts;
  }

  /** Does a request of the protocol. @throws LinkFailure */
  handle(name: string, with_: unknown): unknown {
    const body = bodyOf(with_);
    switch (name) {
      case 'connection.open':
        return this.#open(body);
      case 'connection.renegotiate':
        return { ours: this.#connection(body).renegotiate(textOf(body, 'offer'), body.restart === true) };
      case 'connection.overhear':
        return this.#overhear(body);
      case 'connection.unhear':
        this.#unhear(this.#connection(body));
        return {};
      case 'connection.quality':
        return this.#connection(body).quality();
      case 'connection.close':
        this.#connection(body).end('asked');
        return {};
      case 'line.open':
        return this.#openLine(body);
      case 'line.far':
        return this.#farOf(body);
      case 'line.attach':
        return this.#attach(this.#line(body), this.#connection(body, 'connection'));
      case 'line.detach':
        this.#part(this.#line(body));
        return {};
      case 'line.close':
        this.#closeLine(this.#line(body), 'asked');
        return {};
      case 'webrtc.list':
        return this.#list();
    }
    throw new LinkFailure('request-unknown', `${name} is no gateway request`);
  }

  /** Ends all and gives its ports back. */
  close(): void {
    this.#cancelSweep?.();
    for (const line of [...this.#lines.values()]) this.#closeLine(line, 'asked');
    for (const connection of [...this.#connections.values()]) connection.end('asked');
    this.#host.front.close();
    this.#pool.close();
  }

  // ── connections ───────────────────────────────────────────────────────────────────────────────────────────────────

  #open(body: Body): GatewayRequests['connection.open']['ok'] {
    const id = idOf(body);
    if (this.#connections.has(id)) throw invalid('id', 'exists');
    const fingerprint = bodyOf(body.fingerprint);
    const request = {
      id,
      offer: textOf(body, 'offer'),
      payloadType: payloadTypeOf(body),
      digits: digitsOf(body),
      microphone: body.microphone === undefined ? undefined : numberOf(body, 'microphone', 0, 0xffffffff),
      fingerprint: {
        algorithm: oneOf(fingerprint, 'algorithm', ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: textOf(fingerprint, 'value'),
      },
    };
    const connection = new Connection(request, this.#host, this.#options, (one, why) => this.#ended(one, why));
    this.#connections.set(id, connection);
    this.#sweepSoon();
    return { ours: connection.ours };
  }

  #overhear(body: Body): Record<string, never> {
    const by = this.#connection(body);
    const other = this.#connection(body, 'other');
    if (by.line || by.overhears) throw refused('it hears something');
    if (by.payloadType !== other.payloadType) throw refused('the other speaks another codec');
    by.overhears = { other, what: oneOf(body, 'what', ['microphone', 'line']) };
    other.listeners.add(by);
    by.pause();
    return {};
  }

  #unhear(connection: Connection): void {
    const { overhears } = connection;
    if (!overhears) return;
    connection.overhears = undefined;
    overhears.other.listeners.delete(connection);
    this.#host.event('connection.unheard', { id: connection.id });
  }

  #ended(connection: Connection, why: ConnectionEnd): void {
    const { id } = connection;
    this.#connections.delete(id);
    this.#unhear(connection);
    for (const listener of [...connection.listeners]) this.#unhear(listener);
    const { line } = connection;
    if (line) {
      this.#part(line);
      this.#host.event('line.detached', { id: line.id, from: id, why: 'closed' });
    }
    this.#host.event('connection.closed', { id, why });
  }

  // ── lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #openLine(body: Body): Promise<GatewayRequests['line.open']['ok']> {
    const id = idOf(body);
    const payloadType = payloadTypeOf(body);
    const endpoint = optionalText(body, 'endpoint');
    const digits = body.digits === true;
    const far = body.far === undefined ? undefined : farOf(bodyOf(body.far));
    // Read before it has ports, which nobody would give back.
    const offer = far ? textOf(body, 'offer') : '';
    const local = await this.#addresses.towards(far?.address).catch((error: Error) => {
      throw new LinkFailure('media-sdp-rejected', error.message);
    });
    // Looked at after the wait: two with one id must not both go on.
    if (this.#lines.has(id)) throw invalid('id', 'exists');
    try {
      const line = new Line(
        { id, payloadType, digits, endpoint, local, offering: far === undefined },
        this.#pool,
        this.#host,
      );
      if (far) line.reach(far, offer, false);
      this.#lines.set(id, line);
      this.#sweepSoon();
      return { ours: line.ours };
    } catch (error) {
      if (error instanceof NoPorts) throw new LinkFailure('media-no-ports', error.message);
      throw error;
    }
  }

  #farOf(body: Body): GatewayRequests['line.far']['ok'] {
    const line = this.#line(body);
    const answers = body.answer === true;
    if (answers && !line.offering) throw new LinkFailure('media-sdp-rejected', 'no offer of ours is open');
    return { ours: line.reach(farOf(bodyOf(body.far)), textOf(body, 'description'), answers) };
  }

  #attach(line: Line, connection: Connection): Record<string, never> {
    if (line.attached === connection) return {};
    if (connection.payloadType !== line.payloadType) throw refused('it speaks another codec');
    if (connection.overhears) throw refused('it overhears');
    const before = connection.line;
    if (before) {
      this.#part(before);
      this.#host.event('line.detached', { id: before.id, from: connection.id, why: 'moved' });
    }
    this.#part(line);
    line.attached = connection;
    connection.line = line;
    line.pause();
    connection.pause();
    return {};
  }

  #part(line: Line): void {
    if (line.attached) line.attached.line = undefined;
    line.attached = undefined;
  }

  #closeLine(line: Line, why: 'asked' | 'lost'): void {
    this.#part(line);
    this.#lines.delete(line.id);
    line.close();
    this.#host.event('line.closed', { id: line.id, why });
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #list(): GatewayRequests['webrtc.list']['ok'] {
    return {
      connections: [...this.#connections.values()].map((one) => one.describe()),
      lines: [...this.#lines.values()].map((one) => one.describe()),
    };
  }

  #sweepSoon(): void {
    this.#cancelSweep ??= this.#host.time.after(sweepMs, () => {
      this.#cancelSweep = undefined;
      const now = this.#host.time.now();
      for (const connection of [...this.#connections.values()]) connection.sweep(now);
      for (const line of this.#lines.values()) line.sweep(now);
      if (this.#connections.size + this.#lines.size > 0) this.#sweepSoon();
    });
  }

  #broken(error: unknown): void {
    const now = this.#host.time.now();
    if (now - this.#brokenAt < brokenLogMs) return;
    this.#brokenAt = now;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#host.log('error', 'a packet met a defect', { reason: message, stack, packets: this.counts.failed });
  }

  #connection(body: Body, field = 'id'): Connection {
    const id = idOf(body, field);
    const connection = this.#connections.get(id);
    if (!connection) throw new LinkFailure('media-unknown', `there is no connection ${id}`);
    return connection;
  }

  #line(body: Body): Line {
    const id = idOf(body);
    const line = this.#lines.get(id);
    if (!line) throw new LinkFailure('media-unknown', `there is no line ${id}`);
    return line;
  }
}

function refused(reason: string): LinkFailure {
  return new LinkFailure('media-failed', reason);
}

function payloadTypeOf(body: Body): 0 | 8 {
  const value = body.payloadType;
  if (value !== 0 && value !== 8) throw invalid('payloadType', 'is neither 0 (PCMU) nor 8 (PCMA)');
  return value;
}

/** Of telephone-event: a dynamic payload type (RFC 3551 §6), where there is one. */
function digitsOf(body: Body): number | undefined {
  return body.digits === undefined ? undefined : numberOf(body, 'digits', 96, 127);
}

function farOf(body: Body): WireFar {
  return {
    address: textOf(body, 'address'),
    port: numberOf(body, 'port', 1, 65_535),
    rtcpPort: numberOf(body, 'rtcpPort', 1, 65_535),
    takes: body.takes === true,
    sends: body.sends === true,
    digits: digitsOf(body),
  };
}
