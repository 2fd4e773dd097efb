// The driver for FreeSWITCH with all that it needs: a SIP server (our edge), the FreeSWITCH double, and audio behind it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Edge, startEdge } from '../../../edge/index.ts';
import { startRtp } from '../../../edge/rtp/index.ts';
import { LinkClient, LinkServer } from '../../../link/index.ts';
import { EdgeMediaServer } from '../../../media/edge/index.ts';
import { type FreeswitchOptions, openFreeswitch } from '../../../media/freeswitch/index.ts';
import type { MediaServer } from '../../../media/media-server.ts';
import { FreeswitchDouble } from './double.ts';

const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
export const rtpTimeoutMs = 700;

/** What is heard and said behind a FreeSWITCH double: our own RTP engine. */
export interface Audio {
  media: EdgeMediaServer;
  close(): Promise<void>;
}

/** @param folder for its recordings */
export async function startAudio(folder: string): Promise<Audio> {
  const server = await LinkServer.listen({ secret: 's', edge: 'edg_1', version: '0', capabilities: ['media'], logger });
  // Ports that are busy are skipped, so any range will do.
  const from = 20_000 + 2 * Math.floor(Math.random() * 15_000);
  const tier = await startRtp({
    link: server,
    logger,
    bind: ['127.0.0.1'],
    ports: { from, to: from + 999 },
    recordings: join(folder, 'behind'),
    restMs: 200,
  });
  const link = new LinkClient({ address: server.address, secret: 's', epoch: 1, logger });
  const media = new EdgeMediaServer({ link, logger });
  link.start();
  await link.ready(5_000);
  return {
    media,
    close: async () => {
      link.close();
      await tier.close();
      await server.close();
    },
  };
}

export class Rig {
  readonly double: FreeswitchDouble;
  media: MediaServer;
  readonly #edge: Edge;
  readonly #audio: Audio;
  readonly #options: FreeswitchOptions;
  readonly #folder: string;

  private constructor(parts: {
    double: FreeswitchDouble;
    media: MediaServer;
    edge: Edge;
    audio: Audio;
    options: FreeswitchOptions;
    folder: string;
  }) {
    this.double = parts.double;
    this.media = parts.media;
    this.#edge = parts.edge;
    this.#audio = parts.audio;
    this.#options = parts.options;
    this.#folder = parts.folder;
  }

  static async make(): Promise<Rig> {
    const folder = await mkdtemp(join(tmpdir(), 'freeswitch-'));
    const audio = await startAudio(folder);
    const edge = await startEdge({
      sip: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      drachtio: { port: 0, secret: 'sip' },
      link: { listen: { host: '127.0.0.1', port: 0 }, secret: 's' },
      log: logger,
    });
    const double = await FreeswitchDouble.open(audio.media);
    const options: FreeswitchOptions = {
      host: '127.0.0.1',
      port: double.port,
      secret: double.password,
      profile: double.profile,
      listen: '127.0.0.1',
      listenPort: 0,
      folder: join(folder, 'shared'),
      sip: [{ ...edge.drachtio, secret: 'sip' }],
      logger,
      rtpTimeoutMs,
      watchMs: 100,
      retryMs: { first: 20, most: 100 },
    };
    const media = await openFreeswitch(options);
    return new Rig({ double, media, edge, audio, options, folder });
  }

  /** Another driver for the same FreeSWITCH. */
  driver(change: Partial<FreeswitchOptions> = {}): Promise<MediaServer> {
    return openFreeswitch({ ...this.#options, ...change });
  }

  /** A new FreeSWITCH where the one before was. */
  restarted(port: number): Promise<FreeswitchDouble> {
    return FreeswitchDouble.open(this.#audio.media, port);
  }

  async close(): Promise<void> {
    await this.media.close();
    await this.double.crash();
    await this.#edge.stop();
    await this.#audio.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
