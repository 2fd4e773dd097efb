// A browser's side of one call without a browser: ICE checks, DTLS by werift, SRTP by a few lines of its own. Shares no
// code with the gateway.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { crc32 } from 'node:zlib';
import { CipherContext, DtlsClient } from 'werift';

type Transport = ConstructorParameters<typeof DtlsClient>[0]['transport'];

/** hash(4): SHA-256, signature(3): ECDSA. */
const signatureHash = { hash: 4, signature: 3 } as const;
const gcmProfile = 7;
const checkMs = 2_000;

export interface Identity {
  cert: string;
  key: string;
  fingerprint: string;
}

export async function makeIdentity(): Promise<Identity> {
  const { certPem: cert, keyPem: key } = await CipherContext.createSelfSignedCertificateWithKey(signatureHash, 23);
  const der = Buffer.from(cert.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const digest = createHash('sha256').update(der).digest('hex').toUpperCase();
  return { cert, key, fingerprint: (digest.match(/../g) ?? []).join(':') };
}

interface Key {
  cipher: Buffer;
  salt: Buffer;
}

/** Where the payload of an RTP packet begins: behind contributing sources and a header extension (RFC 3550 §5.1, §5.3.1). */
export function payloadStart(packet: Buffer): number {
  const first = packet[0] ?? 0;
  const start = 12 + (first & 15) * 4;
  return (first & 0x10) === 0 ? start : start + 4 + packet.readUInt16BE(start + 2) * 4;
}

export class Peer {
  readonly ssrc = randomInt(1, 0xffffffff);
  /** Payloads that were heard, in the clear. */
  heard: (payload: Buffer) => void = () => undefined;
  received = 0;
  /** Packets that were not authentic. */
  broken = 0;
  readonly #socket: Socket;
  readonly #identity: Identity;
  readonly #ufrag = randomBytes(4).toString('hex');
  #remote = { port: 0, address: '', ufrag: '', password: '' };
  #dtls: DtlsClient | undefined;
  #dtlsData: ((data: Buffer, from: [string, number]) => void) | undefined;
  #send: Key | undefined;
  #receive: Key | undefined;
  #sequence = 0;
  #timestamp = 0;
  #checks: NodeJS.Timeout | undefined;
  #answered: (() => void) | undefined;

  private constructor(socket: Socket, identity: Identity) {
    this.#socket = socket;
    this.#identity = identity;
    socket.on('message', (packet) => this.#take(packet));
  }

  static async open(identity: Identity): Promise<Peer> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 19 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Peer(socket, identity);
  }

  offer(): string {
    const { fingerprint } = this.#identity;
    return [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'a=group:BUNDLE 0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 0',
      'c=IN IP4 0.0.0.0',
      'a=mid:0',
      'a=sendrecv',
      'a=rtcp-mux',
      'a=rtpmap:0 PCMU/8000',
      `a=ice-ufrag:${this.#ufrag}`,
      `a=ice-pwd:${randomBytes(16).toString('hex')}`,
      `a=fingerprint:sha-256 ${fingerprint}`,
      'a=setup:actpass',
      `a=ssrc:${this.ssrc} cname:peer`,
      '',
    ].join('\r\n');
  }

  /** Resolves when media can flow. */
  async answered(sdp: string): Promise<void> {
    const [, address = '', port = ''] = /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/m.exec(sdp) ?? [];
    const ufrag = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? '';
    const password = /^a=ice-pwd:(\S+)/m.exec(sdp)?.[1] ?? '';
    this.#remote = { address, port: Number(port), ufrag, password };
    const checked = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    this.check();
    this.#checks = setInterval(() => this.check(), checkMs);
    await checked;
    const { cert, key } = this.#identity;
    const transport: Transport = {
      type: 'udp',
      address: { address, port: 0, family: 'IPv4' },
      closed: false,
      onData: () => undefined,
      send: async (datagram: Buffer) => this.#out(datagram),
      close: async () => undefined,
    };
    const dtls = new DtlsClient({
      transport,
      srtpProfiles: [gcmProfile],
      cert,
      key,
      signatureHash,
      certificateRequest: true,
      extendedMasterSecret: true,
    });
    this.#dtls = dtls;
    this.#dtlsData = (data, from) => transport.onData(data, from);
    const connected = new Promise<void>((resolve) => dtls.onConnect.subscribe(() => resolve()));
    // Its first flight may be given up as unanswered on a busy machine, and be answered after all.
    const gaveUp = dtls.connect().then(() => connected);
    await Promise.any([connected, gaveUp]);
    const { localKey, localSalt, remoteKey, remoteSalt } = dtls.extractSessionKeys(16, 12);
    this.#send = derive(localKey, localSalt);
    this.#receive = derive(remoteKey, remoteSalt);
  }

  /** One packet of 20 ms. */
  speak(payload: Buffer, payloadType = 0): void {
    const key = this.#send;
    if (!key) return;
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = payloadType;
    header.writeUInt16BE(this.#sequence & 0xffff, 2);
    header.writeUInt32BE(this.#timestamp, 4);
    header.writeUInt32BE(this.ssrc, 8);
    const cipher = createCipheriv('aes-128-gcm', key.cipher, vector(key.salt, this.ssrc, this.#sequence));
    cipher.setAAD(header);
    this.#out(Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()]));
    this.#sequence++;
    this.#timestamp = (this.#timestamp + 160) >>> 0;
  }

  /** A binding request that nominates, as a controlling agent's. */
  check(): void {
    const { ufrag, password } = this.#remote;
    const name = Buffer.from(`${ufrag}:${this.#ufrag}`);
    const padded = Buffer.alloc((name.length + 3) & ~3);
    name.copy(padded);
    const attribute = (type: number, value: Buffer, length = value.length) => {
      const head = Buffer.alloc(4);
      head.writeUInt16BE(type, 0);
      head.writeUInt16BE(length, 2);
      return Buffer.concat([head, value]);
    };
    const body = Buffer.concat([
      attribute(0x0006, padded, name.length),
      attribute(0x0024, Buffer.from('6e0001ff', 'hex')),
      attribute(0x802a, randomBytes(8)),
      attribute(0x0025, Buffer.alloc(0)),
    ]);
    const head = Buffer.alloc(20);
    head.writeUInt16BE(1, 0);
    head.writeUInt32BE(0x2112a442, 4);
    randomBytes(12).copy(head, 8);
    head.writeUInt16BE(body.length + 24, 2);
    const mac = createHmac('sha1', password).update(head).update(body).digest();
    head.writeUInt16BE(body.length + 32, 2);
    const signed = Buffer.concat([head, body, attribute(0x0008, mac)]);
    const check = Buffer.alloc(4);
    check.writeUInt32BE((crc32(signed) ^ 0x5354554e) >>> 0);
    this.#out(Buffer.concat([signed, attribute(0x8028, check)]));
  }

  /** Anything, from its address. */
  raw(packet: Buffer): void {
    this.#out(packet);
  }

  close(): void {
    clearInterval(this.#checks);
    this.#dtls?.close();
    this.#socket.close();
  }

  #out(packet: Buffer): void {
    this.#socket.send(packet, this.#remote.port, this.#remote.address);
  }

  #take(packet: Buffer): void {
    const first = packet[0] ?? 0;
    if (first < 4) {
      if (packet.readUInt16BE(0) === 0x0101) this.#answered?.();
    } else if (first < 64) this.#dtlsData?.(packet, ['127.0.0.1', this.#remote.port]);
    else if (((packet[1] ?? 0) & 0x7f) < 64) this.#hear(packet);
  }

  #hear(packet: Buffer): void {
    const key = this.#receive;
    if (!key) return;
    const ssrc = packet.readUInt32BE(8);
    const start = payloadStart(packet);
    // Runs are shorter than a rollover where sequence numbers begin low enough; tried with both counters where not.
    for (const rollover of [0, 65_536]) {
      const iv = vector(key.salt, ssrc, rollover + packet.readUInt16BE(2));
      const decipher = createDecipheriv('aes-128-gcm', key.cipher, iv);
      decipher.setAAD(packet.subarray(0, start));
      decipher.setAuthTag(packet.subarray(-16));
      const payload = decipher.update(packet.subarray(start, -16));
      try {
        decipher.final();
      } catch {
        // Perhaps it is the next counter's.
        continue;
      }
      this.received++;
      this.heard(payload);
      return;
    }
    this.broken++;
  }
}

function derive(master: Buffer, salt: Buffer): Key {
  const one = (label: number, bytes: number) => {
    const iv = Buffer.alloc(16);
    salt.copy(iv);
    iv[7] = (iv[7] ?? 0) ^ label;
    return createCipheriv('aes-128-ctr', master, iv).update(Buffer.alloc(bytes));
  };
  return { cipher: one(0, 16), salt: one(2, 12) };
}

function vector(salt: Buffer, ssrc: number, index: number): Buffer {
  const iv = Buffer.from(salt);
  for (const [at, byte] of [ssrc >>> 24, ssrc >>> 16, ssrc >>> 8, ssrc].entries()) {
    iv[2 + at] = (iv[2 + at] ?? 0) ^ (byte & 255);
  }
  const counted = Buffer.alloc(6);
  counted.writeUIntBE(index, 0, 6);
  for (const [at, byte] of counted.entries()) iv[6 + at] = (iv[6 + at] ?? 0) ^ byte;
  return iv;
}
