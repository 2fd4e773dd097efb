// The server's side of a DTLS 1.2 handshake for SRTP (RFC 6347, RFC 5764), as a browser that is the client needs it. Only
// datagrams from addresses that ICE has checked come here, so there is no cookie exchange. The browser is who its
// certificate's fingerprint says: it has to show that certificate and prove that it holds its key.
//
//   hello ──ClientHello──▶ keys ──Certificate, ClientKeyExchange, CertificateVerify, Finished──▶ up ──close_notify──▶ over
//     └────────────────────┴──anything that does not fit──▶ over
import { createECDH, createHash, randomBytes, sign, timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import { machine } from '../../../values/index.ts';
import { fingerprintOf, type OwnCertificate } from '../certificate.ts';
import { keyBytes, type MasterKey, type SrtpProfile, saltBytes, srtpProfiles } from '../srtp/index.ts';
import { Malformed } from './fields.ts';
import * as messages from './messages.ts';
import { prf } from './prf.ts';
import { type HandshakeMessage, Reassembly, wholeMessage } from './reassembly.ts';
import { contentTypes, type DirectionKeys, type DtlsRecord, openRecord, RecordWriter, readRecords } from './records.ts';

export interface SrtpKeys {
  profile: SrtpProfile;
  /** What the browser encrypts with, and what we do. */
  theirs: MasterKey;
  ours: MasterKey;
}

export interface DtlsOutside {
  send(datagram: Buffer): void;
  up(keys: SrtpKeys): void;
  /** Once. `left`: the browser said goodbye; else why the handshake failed. */
  over(end: { left: true } | { left: false; reason: string }): void;
  /** Calls back once after `ms`; returns how to cancel. */
  after(ms: number, fire: () => void): () => void;
}

/** A record's content. */
interface Said {
  type: number;
  plain: Buffer;
  epoch: 0 | 1;
}

type State = 'hello' | 'keys' | 'up' | 'over';

const states = machine<State, 'hello' | 'finished' | 'end'>('dtls-server', {
  hello: { hello: 'keys', end: 'over' },
  keys: { finished: 'up', end: 'over' },
  up: { end: 'over' },
  over: {},
});

const { messageTypes } = messages;
/** In this order and no other (RFC 5246 §7.3). */
const expected = [
  messageTypes.certificate,
  messageTypes.clientKeyExchange,
  messageTypes.certificateVerify,
  messageTypes.finished,
];
/** The path's least MTU, without the headers below. */
const mostDatagram = 1_200;
/** First wait for an answer to our flight, doubled each time (RFC 6347 §4.2.4.1). */
const firstWaitMs = 400;
const mostRepeats = 7;
const closeNotify = 0;

export class DtlsServer {
  readonly #own: OwnCertificate;
  readonly #fingerprint: { algorithm: string; value: string };
  readonly #outside: DtlsOutside;
  readonly #reassembly = new Reassembly();
  readonly #writer = new RecordWriter();
  readonly #random = randomBytes(32);
  readonly #ecdh = createECDH('prime256v1');
  #state: State = 'hello';
  #clientRandom: Buffer = Buffer.alloc(0);
  #profile: SrtpProfile | undefined;
  #transcript: Buffer[] = [];
  #expected = 0;
  #sequence = 0;
  #theirCertificate: X509Certificate | undefined;
  #master: Buffer = Buffer.alloc(0);
  #theirKeys: DirectionKeys | undefined;
  #ourKeys: DirectionKeys | undefined;
  /** What we said last, to be said again where nothing comes. */
  #flight: Said[] = [];
  #cancel: (() => void) | undefined;
  #repeats = 0;

  /** @param fingerprint of the certificate that the browser must show, from its SDP */
  constructor(own: OwnCertificate, fingerprint: { algorithm: string; value: string }, outside: DtlsOutside) {
    this.#own = own;
    this.#fingerprint = fingerprint;
    this.#outside = outside;
    this.#ecdh.generateKeys();
  }

  /** Takes a datagram from the browser. Never throws for what it holds. */
  take(datagram: Buffer): void {
    let repeated = false;
    for (const record of readRecords(datagram)) {
      if (this.#state === 'over') return;
      repeated = this.#record(record) || repeated;
    }
    // It has not heard our answer: say it again, once per datagram. While we wait ourselves, the timer does that.
    if (repeated && this.#state === 'up') this.#sendFlight();
  }

  /** Says goodbye, and is over without a word to the outside. */
  close(): void {
    if (this.#state === 'up') {
      this.#outside.send(this.#writer.write(contentTypes.alert, Buffer.from([1, closeNotify]), 1));
    }
    this.#state = 'over';
    this.#cancel?.();
  }

  #record(record: DtlsRecord): boolean {
    let content = record.body;
    if (record.epoch === 1) {
      // One that came before its keys: its flight is sent again.
      const opened = this.#theirKeys && openRecord(record, this.#theirKeys);
      if (opened === undefined) return false;
      content = opened;
    } else if (record.epoch !== 0) return false;
    if (record.type === contentTypes.alert) this.#alert(content, record.epoch === 1);
    else if (record.type === contentTypes.handshake) {
      // What must be protected is not taken in the clear, nor anything once we are up.
      if (this.#state === 'up' && record.epoch === 0) return true;
      const repeated = this.#reassembly.take(content);
      this.#read(record.epoch);
      return repeated;
    }
    return false;
  }

  #read(epoch: number): void {
    try {
      for (let message = this.#reassembly.next(); message; message = this.#reassembly.next())
        this.#message(message, epoch);
    } catch (error) {
      if (error instanceof Malformed) this.#fail(error.message);
      else throw error;
    }
  }

  #message(message: HandshakeMessage, epoch: number): void {
    if (this.#state === 'hello') {
      if (message.type !== messageTypes.clientHello) throw new Malformed('it does not begin with ClientHello');
      this.#hello(message);
    } else if (this.#state === 'keys') {
      if (message.type !== expected[this.#expected]) throw new Malformed(`message ${message.type} is out of order`);
      this.#expected++;
      this.#take(message, epoch);
    }
    // Up: a new ClientHello under our keys would be a renegotiation, which nobody offers.
  }

  #hello(message: HandshakeMessage): void {
    const { random, srtpProfiles: offered } = messages.readClientHello(message.body);
    this.#clientRandom = random;
    const names = Object.keys(srtpProfiles) as SrtpProfile[];
    this.#profile = names.find((name) => offered.includes(srtpProfiles[name]));
    if (this.#profile === undefined) throw new Malformed('it has no SRTP profile of ours');
    this.#state = states.next(this.#state, 'hello') ?? this.#state;
    this.#transcript.push(message.whole);
    const parameters = messages.keyParameters(this.#ecdh.getPublicKey());
    const signed = sign('sha256', Buffer.concat([random, this.#random, parameters]), this.#own.key);
    this.#flight = [
      this.#handshake(messageTypes.serverHello, messages.serverHello(this.#random, srtpProfiles[this.#profile])),
      this.#handshake(messageTypes.certificate, messages.certificate(this.#own.der)),
      this.#handshake(messageTypes.serverKeyExchange, messages.serverKeyExchange(parameters, signed)),
      this.#handshake(messageTypes.certificateRequest, messages.certificateRequest()),
      this.#handshake(messageTypes.serverHelloDone, Buffer.alloc(0)),
    ];
    this.#sendFlight();
    this.#waitForAnswer();
  }

  #take({ type, body, whole }: HandshakeMessage, epoch: number): void {
    switch (type) {
      case messageTypes.certificate:
        this.#checkCertificate(messages.readCertificate(body));
        break;
      case messageTypes.clientKeyExchange:
        this.#transcript.push(whole);
        this.#agree(messages.readClientKeyExchange(body));
        return;
      case messageTypes.certificateVerify: {
        const signature = messages.readCertificateVerify(body);
        if (!isSignedBy(this.#theirCertificate, Buffer.concat(this.#transcript), signature)) {
          throw new Malformed('it does not hold the key of its certificate');
        }
        break;
      }
      case messageTypes.finished: {
        const due = this.#verifyData('client finished');
        if (epoch !== 1 || body.length !== due.length || !timingSafeEqual(body, due)) {
          throw new Malformed('the handshake was tampered with');
        }
        this.#transcript.push(whole);
        this.#finish();
        return;
      }
    }
    this.#transcript.push(whole);
  }

  #checkCertificate(der: Buffer): void {
    const { algorithm, value } = this.#fingerprint;
    if (fingerprintOf(der, algorithm.replace('-', '')) !== value) {
      throw new Malformed('its certificate is not the one of its description');
    }
    try {
      this.#theirCertificate = new X509Certificate(der);
    } catch {
      // Node's error speaks of OpenSSL's insides.
      throw new Malformed('its certificate cannot be read');
    }
  }

  #agree(point: Buffer): void {
    let secret: Buffer;
    try {
      secret = this.#ecdh.computeSecret(point);
    } catch {
      throw new Malformed('its key is no point of P-256');
    }
    const session = this.#hash();
    this.#master = prf(secret, 'extended master secret', session, 48);
    const block = prf(this.#master, 'key expansion', Buffer.concat([this.#random, this.#clientRandom]), 40);
    this.#theirKeys = { key: block.subarray(0, 16), salt: block.subarray(32, 36) };
    this.#ourKeys = { key: block.subarray(16, 32), salt: block.subarray(36, 40) };
  }

  #finish(): void {
    const profile = this.#profile;
    if (profile === undefined || !this.#ourKeys) throw new Malformed('it finishes what was not begun');
    this.#cancel?.();
    const finished = wholeMessage(messageTypes.finished, this.#sequence++, this.#verifyData('server finished'));
    this.#writer.protect(this.#ourKeys);
    this.#flight = [
      { type: contentTypes.changeCipherSpec, plain: Buffer.from([1]), epoch: 0 },
      { type: contentTypes.handshake, plain: finished, epoch: 1 },
    ];
    this.#state = states.next(this.#state, 'finished') ?? this.#state;
    this.#transcript = [];
    this.#sendFlight();
    const salt = saltBytes[profile];
    const seed = Buffer.concat([this.#clientRandom, this.#random]);
    // RFC 5764 §4.2: client's key, server's key, client's salt, server's salt.
    const material = prf(this.#master, 'EXTRACTOR-dtls_srtp', seed, 2 * (keyBytes + salt));
    const [k, s] = [keyBytes, 2 * keyBytes];
    const theirs = { key: material.subarray(0, k), salt: material.subarray(s, s + salt) };
    const ours = { key: material.subarray(k, s), salt: material.subarray(s + salt, s + 2 * salt) };
    this.#outside.up({ profile, theirs, ours });
  }

  #alert(content: Buffer, genuine: boolean): void {
    // In the clear anybody could say it; a handshake that goes no further ends by itself.
    if (!genuine || content.length < 2) return;
    if (content[1] === closeNotify) this.#end({ left: true });
    else if (content[0] === 2) this.#end({ left: false, reason: `the browser gave up with alert ${content[1]}` });
  }

  #verifyData(label: string): Buffer {
    return prf(this.#master, label, this.#hash(), 12);
  }

  #hash(): Buffer {
    return createHash('sha256').update(Buffer.concat(this.#transcript)).digest();
  }

  /** A message of ours, into the transcript. */
  #handshake(type: number, body: Buffer): Said {
    const plain = wholeMessage(type, this.#sequence++, body);
    this.#transcript.push(plain);
    return { type: contentTypes.handshake, plain, epoch: 0 };
  }

  /** Records side by side in as few datagrams as fit. */
  #sendFlight(): void {
    let datagram: Buffer[] = [];
    let bytes = 0;
    for (const { type, plain, epoch } of this.#flight) {
      const record = this.#writer.write(type, plain, epoch);
      if (bytes > 0 && bytes + record.length > mostDatagram) {
        this.#outside.send(Buffer.concat(datagram));
        datagram = [];
        bytes = 0;
      }
      datagram.push(record);
      bytes += record.length;
    }
    if (bytes > 0) this.#outside.send(Buffer.concat(datagram));
  }

  #waitForAnswer(): void {
    this.#cancel = this.#outside.after(firstWaitMs * 2 ** this.#repeats, () => {
      if (this.#state !== 'keys') return;
      if (this.#repeats++ >= mostRepeats) {
        this.#fail('the browser does not answer');
        return;
      }
      this.#sendFlight();
      this.#waitForAnswer();
    });
  }

  #fail(reason: string): void {
    // handshake_failure, so that the browser does not wait for us.
    this.#outside.send(this.#writer.write(contentTypes.alert, Buffer.from([2, 40]), 0));
    this.#end({ left: false, reason });
  }

  #end(end: { left: true } | { left: false; reason: string }): void {
    if (states.next(this.#state, 'end') === undefined) return;
    this.#state = 'over';
    this.#cancel?.();
    this.#outside.over(end);
  }
}

/** With a key of a kind that was not asked for, or none that can be read, node:crypto throws: that proves nothing either. */
function isSignedBy(certificate: X509Certificate | undefined, content: Buffer, signature: Buffer): boolean {
  try {
    return certificate !== undefined && verify('sha256', content, certificate.publicKey, signature);
  } catch {
    return false;
  }
}
