// The worker's end of a line: one transport for plain RTP, with what comes from the far end and what goes there.
import { randomInt } from 'node:crypto';
import type { Consumer, PlainTransport, Producer } from 'mediasoup/types';
import { mediaErrors } from '../errors.ts';
import type { Codec, Far } from '../webrtc/index.ts';
import { sentIn, takenIn } from './codecs.ts';
import type { PortPairs } from './port-pairs.ts';
import { SourceFront } from './source-front.ts';
import { bring, type MediaWorker } from './workers.ts';

/** Ports that another program holds are passed over; that many, and something else is wrong. */
const mostTries = 20;

export class PlainLeg {
  readonly worker: MediaWorker;
  readonly address: string;
  /** What the far end sends to. */
  readonly port: number;
  readonly #codec: Codec;
  readonly #transport: PlainTransport;
  readonly #front: SourceFront | undefined;
  readonly #release: () => void;
  #far: Far | undefined;
  #incoming: Producer | undefined;
  #outgoing: Consumer | undefined;

  private constructor(
    at: { worker: MediaWorker; address: string; port: number; codec: Codec },
    transport: PlainTransport,
    front: SourceFront | undefined,
    release: () => void,
  ) {
    this.worker = at.worker;
    this.address = at.address;
    this.port = at.port;
    this.#codec = at.codec;
    this.#transport = transport;
    this.#front = front;
    this.#release = release;
  }

  /**
   * @param fronted where the far end's SSRC is not known, or not kept
   * @throws media-no-ports, media-unavailable
   */
  static async open(
    worker: MediaWorker,
    pairs: PortPairs,
    how: { address: string; codec: Codec; fronted: boolean },
  ): Promise<PlainLeg> {
    const { address, codec, fronted } = how;
    let problem: unknown;
    for (let tried = 0; tried < mostTries; tried++) {
      const port = pairs.take();
      if (port === undefined) break;
      const inner = fronted ? pairs.take() : port;
      const release = () => {
        pairs.give(port);
        if (inner !== undefined) pairs.give(inner);
      };
      let front: SourceFront | undefined;
      try {
        if (inner === undefined) throw new Error('all are in use');
        if (fronted) front = await SourceFront.open(address, port, randomInt(1, 0xffffffff));
        const transport = await worker.router.createPlainTransport({
          listenInfo: { protocol: 'udp', ip: address, port: inner },
          ...(fronted ? {} : { rtcpListenInfo: { protocol: 'udp' as const, ip: address, port: inner + 1 } }),
          rtcpMux: fronted,
          comedia: false,
        });
        return new PlainLeg({ worker, address, port, codec }, transport, front, release);
      } catch (error) {
        front?.close();
        release();
        problem = error;
        if (worker.dead) throw mediaErrors['media-unavailable']({ reason: 'the WebRTC worker died' }, { cause: error });
      }
    }
    throw mediaErrors['media-no-ports']({ reason: `none for lines on ${address}` }, { cause: problem });
  }

  get far(): Far | undefined {
    return this.#far;
  }

  /** What the far end says; there once it is connected. */
  get incoming(): Producer | undefined {
    return this.#incoming;
  }

  /** Takes the far end's description, once. */
  async connect(far: Far): Promise<void> {
    this.#far = far;
    const { port, rtcpPort, address: ip } = far;
    if (this.#front) {
      await this.#transport.connect({ ip: this.address, port: this.port });
      const { tuple } = this.#transport;
      this.#front.connect({ address: this.address, port: tuple.localPort }, { address: ip, port });
    } else await this.#transport.connect({ ip, port, rtcpPort });
    this.#incoming = await this.#transport.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [sentIn(this.#codec)],
        encodings: [{ ssrc: this.#front?.ssrc ?? far.ssrc ?? 0 }],
        rtcp: { cname: 'line' },
      },
    });
  }

  /** Whether the new description needs nothing of the worker: only its direction may differ. */
  fits(far: Far): boolean {
    const now = this.#far;
    if (!now || this.worker.dead) return false;
    const same = now.address === far.address && now.port === far.port && now.rtcpPort === far.rtcpPort;
    return same && (this.#front !== undefined || now.ssrc === far.ssrc);
  }

  update(far: Far): void {
    this.#far = far;
  }

  /** Sends the far end what a microphone says from now on, or, with undefined, nothing. */
  async send(microphone: Producer | undefined, from: MediaWorker): Promise<void> {
    this.#outgoing?.close();
    this.#outgoing = undefined;
    if (!microphone) return;
    await bring(microphone, from, this.worker);
    this.#outgoing = await this.#transport.consume({
      producerId: microphone.id,
      rtpCapabilities: takenIn(this.#codec),
    });
  }

  close(): void {
    this.#transport.close();
    this.#front?.close();
    this.#release();
  }
}
